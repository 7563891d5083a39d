"""Which hooks there are, and how they are named."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from dc43_gitdraft import handing
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.handing.command import Command


def test_hooks_are_given_by_the_environment_one_in_each_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITDRAFT_HAND_ON", "command:true\n\n  other=command:cat -n \n")
    assert [hook.name for hook in handing.asked()] == ["command", "other"]


def test_an_option_takes_the_place_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_HAND_ON", "command:true")
    assert [hook.name for hook in handing.asked(["it=command:true"])] == ["it"]


def test_without_any_there_is_none() -> None:
    assert handing.asked() == ()


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two hooks are called 'command'"):
        handing.asked(["command:true", "command:false"])


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'webhook'"):
        handing.asked(["webhok:https://example.org"])


@pytest.mark.parametrize(
    "text", ["", "=", "https://example.org?key=s3cret", "../up=command:s3cret", "A=command:s3cret"]
)
def test_what_is_no_hook_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        handing.asked([text or ":s3cret"])
    assert "s3cret" not in str(refused.value)


def test_a_package_may_bring_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("mine", "dc43_gitdraft.handing.command:Command", handing.GROUP)

    def found(**asked: Any) -> EntryPoints:
        return EntryPoints([entry]).select(**asked)

    monkeypatch.setattr(handing, "entry_points", found)
    (hook,) = handing.asked(["mine:true"])
    assert isinstance(hook.make(), Command)


def test_a_missing_module_names_the_extra_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(handing.BUILT_IN, "dc43", "no_such_module_at_all:Store")
    (hook,) = handing.asked(["dc43"])
    with pytest.raises(ConfigError, match=r"pip install 'dc43-gitdraft\[dc43\]'"):
        hook.make()
