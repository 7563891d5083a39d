from __future__ import annotations

import pytest

from dc43_gitdraft.config import Config, Limits, parse
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.model import Bump, Level, Perspective, Status

RULES = ["property-removed", "property-added-optional"]

FULL = """\
# Our settings.
contracts: [products/*/contract.yaml]
path: products/{id}/contract.yaml
first-version: "0.1.0"
branch-prefix: bot/
tag: "{slug}@{version}"
draft-status: active
perspective: both
bump: auto
rules:
  property-removed: warning
  property-added-optional: off
ignore: ["orders._*"]
relax: [required]
labels: [contracts]
reviewers: [ana]
limits: {open: 20, per-hour: 5}
"""


def test_no_settings_are_the_defaults() -> None:
    assert parse("", RULES) == Config()


def test_every_key_is_read() -> None:
    assert parse(FULL, RULES) == Config(
        contracts=("products/*/contract.yaml",),
        path="products/{id}/contract.yaml",
        first_version="0.1.0",
        branch_prefix="bot/",
        tag="{slug}@{version}",
        draft_status=Status.ACTIVE,
        perspective=Perspective.BOTH,
        bump=None,
        rules={"property-removed": Level.WARNING, "property-added-optional": Level.OFF},
        ignore=("orders._*",),
        relax=frozenset({"required"}),
        labels=("contracts",),
        reviewers=("ana",),
        limits=Limits(open=20, per_hour=5),
    )


def test_the_policy_is_that_of_the_settings() -> None:
    policy = parse("bump: major\nrelax: [required]\n", RULES).policy()
    assert (policy.bump, policy.relax) == (Bump.MAJOR, frozenset({"required"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limits: {opn: 1}\n", "1:9: limits: must map open and per-hour to how many drafts"),
        ("limits: 5\n", "1:9: limits: must map open and per-hour to how many drafts"),
        ("limits: {open: 0}\n", "1:9: limits: open must be a number from 1, not 0"),
        ("limits: {open: yes}\n", "1:9: limits: open must be a number from 1"),
        ("samples: true\n", "1:1: unknown key 'samples'"),
        (
            "first-verison: '1.0.0'",
            "1:1: unknown key 'first-verison': did you mean 'first-version'",
        ),
        ("# x\n\nbump: huge", "3:7: bump: must be one of auto, patch, minor, major"),
        ("path: contracts/x.yaml", "must hold {id} once"),
        ("path: ../{id}.yaml", "inside the repository"),
        ("path: /etc/{id}.yaml", "inside the repository"),
        ("path: contracts/{id.__class__}.yaml", "must hold {id} once"),
        ("path: .git/{id}.yaml", "inside the repository"),
        ("path: .GIT/{id}.yaml", "inside the repository"),
        ("path: '.git. /{id}.yaml'", "inside the repository"),
        ("path: git~1/{id}.yaml", "inside the repository"),
        ('path: "a\\nb/{id}.yaml"', "inside the repository"),
        ('path: ".g\\u200cit/{id}.yaml"', "inside the repository"),
        ("path: contracts/{id}}.yaml", "must hold {id} once"),
        ("path: 'contracts/{id}{.yaml'", "must hold {id} once"),
        ("path: contracts/{id}/{id}.yaml", "must hold {id} once"),
        ("contracts: ['x**/*.yaml']", "`**/` must begin a part of the path"),
        ("branch-prefix: a.lock/", "ends in .lock"),
        ("tag: '{slug}.lock/{version}'", "ends in .lock"),
        ("tag: '{slug}/{version}.lock'", "ends in .lock"),
        ("tag: '{slug}{version}'", "a sign between"),
        ("contracts: []", "must name at least one glob"),
        ("contracts: [../**]", "inside the repository"),
        ("branch-prefix: -x/", "must be letters"),
        ("branch-prefix: a..b/", "must be letters"),
        ("tag: v1", "must hold {slug} and {version}"),
        ("tag: -{slug}/{version}", "must hold {slug} and {version}"),
        ("first-version: 1", "must be a version"),
        ("relax: [everything]", "must be one of enum, required, threshold, not 'everything'"),
        ("rules: {property-removd: off}", "did you mean 'property-removed'"),
        ("rules: {property-removed: loud}", "must be one of off, info, warning, error"),
        ("labels: 3", "must be a list of texts"),
        ("- a", "must hold settings"),
        ("a: 1\na: 2", "2:1: the key 'a' stands here twice"),
        ("a: [", ".gitdraft.yaml"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, RULES)
    assert said in str(caught.value)


def test_names_are_made_from_slugs() -> None:
    config = Config()
    assert config.branch("orders") == "gitdraft/orders"
    assert config.path_of_new("../x").startswith("contracts/x-")
    assert config.tag_of("orders", "1.2.3") == "orders/v1.2.3"


@pytest.mark.parametrize("tag", ["{slug}/v{version}", "{version}-{slug}", "r/{slug}@{version}"])
def test_a_tag_names_its_version(tag: str) -> None:
    config = Config(tag=tag)
    assert config.version_of("orders", config.tag_of("orders", "1.2.3")) == "1.2.3"


@pytest.mark.parametrize("tag", ["orders/v1", "orders2/v1.0.0", "v1.0.0", "orders/v1.0.0/x", ""])
def test_other_tags_name_no_version(tag: str) -> None:
    assert Config().version_of("orders", tag) is None
