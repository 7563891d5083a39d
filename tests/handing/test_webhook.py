"""A webhook is signed so that its receiver can check it, and tried again where that may help."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone

import pytest
from standardwebhooks import Webhook as Checker
from support.receiver import Receiver, receive

from dc43_gitdraft.errors import ConfigError, HandingError
from dc43_gitdraft.handing import Handed
from dc43_gitdraft.handing.webhook import Webhook, webhook

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
VERSION = Handed(
    id="msg_1",
    contract="orders",
    version="1.2.0",
    status="active",
    text="id: orders  # é\n",
    path="contracts/orders.odcs.yaml",
    tag="orders/v1.2.0",
    commit="c" * 40,
    repository="https://github.com/shop/contracts",
    promoted_at=datetime(2024, 5, 30, 12, 0, tzinfo=timezone.utc),
)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("GITDRAFT_WEBHOOK_SECRET", SECRET)
    with receive() as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def hook(receiver: Receiver, pauses: list[float]) -> Iterator[Webhook]:
    made = webhook(receiver.url, name="webhook")
    made.sleep = pauses.append
    yield made
    made.close()


def test_a_receiver_can_check_what_it_gets(hook: Webhook, receiver: Receiver) -> None:
    hook.hand(VERSION)
    ((headers, body),) = receiver.posts
    told = Checker(SECRET).verify(body, dict(headers))
    assert told["type"] == "contract.promoted"
    assert told["timestamp"] == "2024-05-30T12:00:00+00:00"
    assert told["data"]["text"] == VERSION.text
    assert (told["data"]["contract"], told["data"]["version"]) == ("orders", "1.2.0")


def test_what_was_changed_on_its_way_does_not_pass(hook: Webhook, receiver: Receiver) -> None:
    hook.hand(VERSION)
    ((headers, body),) = receiver.posts
    with pytest.raises(Exception, match="signature"):
        Checker(SECRET).verify(body.replace(b"1.2.0", b"6.6.6"), dict(headers))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again_with_the_same_id(
    hook: Webhook, receiver: Receiver, pauses: list[float], status: int
) -> None:
    receiver.answers = [(status, {}), (status, {})]
    hook.hand(VERSION)
    assert [headers["webhook-id"] for headers, _ in receiver.posts] == ["msg_1"] * 3
    assert pauses == [1.0, 4.0]


def test_the_receiver_says_how_long_to_wait(
    hook: Webhook, receiver: Receiver, pauses: list[float]
) -> None:
    receiver.answers = [(429, {"Retry-After": "7"})]
    hook.hand(VERSION)
    assert pauses == [7.0]


def test_who_wants_to_wait_long_waits_for_the_next_run(
    hook: Webhook, receiver: Receiver, pauses: list[float]
) -> None:
    receiver.answers = [(429, {"Retry-After": "3600"})]
    with pytest.raises(HandingError, match=r"127\.0\.0\.1 answered 429"):
        hook.hand(VERSION)
    assert pauses == []


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
def test_a_refusal_is_not_tried_again(hook: Webhook, receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"Location": receiver.url})]
    with pytest.raises(HandingError, match=f"answered {status}"):
        hook.hand(VERSION)
    assert len(receiver.posts) == 1


def test_a_receiver_that_stays_down_is_given_up(
    hook: Webhook, receiver: Receiver, pauses: list[float]
) -> None:
    receiver.answers = [(503, {})] * 4
    with pytest.raises(HandingError, match="answered 503"):
        hook.hand(VERSION)
    assert pauses == [1.0, 4.0, 15.0]


def test_one_that_answers_drop_by_drop_is_given_up(pauses: list[float]) -> None:
    done = threading.Event()

    def drip(listening: socket.socket) -> None:
        taken, _ = listening.accept()
        with taken, suppress(OSError):
            taken.sendall(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
            while not done.wait(0.05):
                taken.sendall(b".")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=drip, args=[listening])
        server.start()
        hook = Webhook(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"k" * 32, limit=0.3)
        hook.sleep = pauses.append
        with pytest.raises(HandingError, match=r"127\.0\.0\.1 did not answer within 0\.3 seconds"):
            hook.hand(VERSION)
        hook.close()
        # It has connected, or does so yet.
        done.set()
        server.join()
    for left in threading.enumerate():
        if left.name == "webhook msg_1":
            left.join()
    assert pauses == []


def test_one_that_is_not_there_is_said_without_its_url(pauses: list[float]) -> None:
    with socket.socket() as silent:
        # Bound and not listening: nobody else gets this port meanwhile.
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/?key=s3cret"
        hook = Webhook(url, b"k" * 32, sleep=pauses.append)
        with pytest.raises(HandingError) as refused:
            hook.hand(VERSION)
        hook.close()
    assert str(refused.value).startswith("127.0.0.1 was not reached (")
    assert "s3cret" not in str(refused.value)
    assert len(pauses) == 3


def test_a_hook_may_have_a_secret_of_its_own(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "k" * 40
    monkeypatch.setenv("GITDRAFT_WEBHOOK_SECRET_DATA_CATALOG", own)
    made = webhook(receiver.url, name="data-catalog")
    made.hand(VERSION)
    made.close()
    ((headers, body),) = receiver.posts
    key = base64.b64encode(own.encode()).decode()
    assert Checker(key).verify(body, dict(headers)) == json.loads(body)


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("", "has no secret to sign with"),
        ("tiny", "shorter than 24 bytes"),
        ("whsec_!", "not base64"),
        ("whsec_c2hvcnQ=", "shorter than 24 bytes"),
    ],
)
def test_a_secret_that_is_none_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, secret: str, said: str
) -> None:
    monkeypatch.setenv("GITDRAFT_WEBHOOK_SECRET", secret)
    with pytest.raises(ConfigError, match=said) as refused:
        webhook("https://example.org", name="webhook")
    assert not secret or secret not in str(refused.value).replace("whsec_`", "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "file:///etc/passwd",
        "http://example.org",
        "https://a:b@example.org",
        "https://[bad/x",
    ],
)
def test_a_url_that_would_show_the_contract_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("GITDRAFT_WEBHOOK_SECRET", SECRET)
    with pytest.raises(ConfigError):
        webhook(url, name="webhook")


def test_the_key_is_not_shown_with_the_hook(hook: Webhook) -> None:
    assert "0123456789" not in repr(hook)
