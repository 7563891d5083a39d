"""What `check` says of a branch: one row for each rule, and how a range is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.git import Processes, git, make_repo
from support.shop import AGREEING, ANA, DISCOUNT, ORDERS, Shop, drafted

from dc43_gitdraft import lifecycle
from dc43_gitdraft.changes import RULES
from dc43_gitdraft.check import Range, check, find_range
from dc43_gitdraft.config import Config
from dc43_gitdraft.errors import ConfigError
from dc43_gitdraft.findings import Finding, Report
from dc43_gitdraft.model import Bump, DataType, Level, Perspective
from dc43_gitdraft.repo import Repo

PATH = "contracts/orders.odcs.yaml"
ROOT = Path(__file__).parents[1]
CUSTOMERS_PATH = "contracts/customers.odcs.yaml"
INFO, WARNING, ERROR = Level.INFO, Level.WARNING, Level.ERROR

NOTE = """\
      - name: note
        logicalType: string
        physicalType: string
"""
DOCUMENTED = ORDERS.replace("Total in euros.", "Total in euros, with tax.")
WIDER = ORDERS + "      - name: tax\n        logicalType: number\n"
NARROWER = ORDERS.replace(NOTE, "")
CUSTOMERS = """\
apiVersion: v3.2.0
kind: DataContract
id: customers
name: Customers
version: 1.0.0
status: active
schema:
  - name: customers
    id: customers_tbl
    properties:
      - name: id
        id: customer_pk
        logicalType: integer
        required: true
      - name: address
        logicalType: object
        properties:
          - name: street
            logicalType: string
"""


def versioned(text: str, version: str, before: str = "1.2.0") -> str:
    return text.replace(f"version: {before}", f"version: {version}")


def status(text: str, word: str, before: str = "active") -> str:
    return text.replace(f"status: {before}", f"status: {word}")


def linked(target: str, *, quoted: bool = False) -> str:
    """Orders with a relationship, as version 1.3.0."""
    to = f"'{target}'" if quoted else target
    return versioned(ORDERS, "1.3.0") + f"        relationships:\n          - to: {to}\n"


def judge(shop: Shop, head: str = "work", base: str = "main", **more: object) -> Report:
    return check(shop.repo, find_range(shop.repo, base, head, None), **more)  # type: ignore[arg-type]


def branch(shop: Shop, files: Mapping[str, str | None], name: str = "work") -> None:
    """Make a branch off main with these files on it."""
    tip = shop.repo.resolve("refs/heads/main")
    git(shop.path, "update-ref", f"refs/heads/{name}", str(tip))
    shop.write(name, files)


def brief(report: Report) -> list[tuple[str, Level]]:
    return [(finding.rule, finding.level) for finding in report.findings]


def the(report: Report, rule: str) -> Finding:
    (found,) = [finding for finding in report.findings if finding.rule == rule]
    return found


@dataclass(frozen=True)
class Row:
    """Files on main, those that the branch changes, and what one rule says of it.

    `line` is a text on the line that the finding names; `others` are further findings.
    """

    rule: str
    files: Mapping[str, str | None]
    message: str
    line: str | None = None
    level: Level = ERROR
    base: Mapping[str, str] = field(default_factory=lambda: {PATH: ORDERS})
    tagged: bool = False
    others: tuple[tuple[str, Level], ...] = ()


ADDED = ("property-added-optional", INFO)
TWIN = """\
      - name: amount  # again
        logicalType: string
"""
ROWS = [
    Row(
        "config-invalid",
        {".gitdraft.yaml": "contracts: [contracts/*.yaml]\npth: x\n"},
        "unknown key 'pth': did you mean 'path'?",
        "pth",
    ),
    Row("contract-invalid", {PATH: "id: [\n"}, "did not find"),
    Row("contract-invalid", {PATH: "apiVersion: []\nkind: DataContract\n"}, "not supported"),
    Row(
        "contract-invalid",
        {PATH: ORDERS.replace("logicalType: number", "logicalType: money")},
        "property 'amount', logicalType",
        "money",
    ),
    Row("contract-id-unusable", {PATH: ORDERS.replace("id: orders\n", "", 1)}, "id is missing"),
    Row(
        "contract-id-unusable",
        {"contracts/x/y.odcs.yaml": ORDERS.replace("id: orders", "id: ../orders")},
        "climbs out of its folder",
        "id: ../orders",
    ),
    Row(
        "contract-id-not-unique",
        {"contracts/z/again.odcs.yaml": versioned(ORDERS, "1.3.0")},
        "the id 'orders' stands in contracts/orders.odcs.yaml too",
        "id: orders",
    ),
    Row(
        "name-not-unique",
        {PATH: versioned(ORDERS + TWIN, "1.3.0")},
        "two properties of 'orders' are named 'amount': keep one",
        "name: amount  # again",
        others=(ADDED,),
    ),
    Row(
        "contract-path-mismatch",
        {CUSTOMERS_PATH: ORDERS.replace("id: orders", "id: clients")},
        "not where 'clients' belongs: move it to contracts/clients.odcs.yaml",
        "id: clients",
    ),
    Row(
        "contract-removed",
        {PATH: None},
        "'orders' 1.2.0 is removed while it is active: deprecate and retire it first",
    ),
    Row(
        "version-missing-or-not-semver",
        {PATH: ORDERS.replace("version: 1.2.0", "version: v1")},
        "version 'v1' is not a semantic version: write 1.0.0",
        "version: v1",
    ),
    Row(
        "version-missing-or-not-semver",
        {PATH: ORDERS.replace("version: 1.2.0", "version: 1.2")},
        "version must be text: put it in quotes",
        "version: 1.2",
    ),
    Row(
        "version-not-bumped",
        {PATH: status(WIDER, "proposed")},
        "the contract changed, and its version is still 1.2.0: make it 1.3.0",
        "version:",
        base={PATH: status(ORDERS, "proposed")},
        others=(ADDED,),
    ),
    Row(
        "published-version-edited",
        {PATH: WIDER},
        "version 1.2.0 is active, and what it says may not change any more: make it 1.3.0",
        "version:",
        others=(ADDED, ("version-not-bumped", ERROR)),
    ),
    Row(
        "published-version-edited",
        {PATH: DOCUMENTED},
        "version 1.2.0 has its tag, and what it says may not change any more: make it 1.2.1",
        "version:",
        tagged=True,
        others=(("documentation-changed", INFO),),
    ),
    Row(
        "version-bump-too-small",
        {PATH: versioned(NARROWER, "1.3.0")},
        "version 1.2.0 → 1.3.0 is a minor step, and the changes ask for major: make it 2.0.0",
        "version:",
        others=(("property-removed", ERROR),),
    ),
    Row(
        "version-bump-too-large",
        {PATH: versioned(DOCUMENTED, "2.0.0")},
        "version 1.2.0 → 2.0.0 is a major step, and the changes ask for patch only",
        "version:",
        INFO,
        others=(("documentation-changed", INFO),),
    ),
    Row(
        "version-decreased",
        {PATH: versioned(WIDER, "1.1.0")},
        "version 1.2.0 → 1.1.0 is a step back: raise it",
        "version:",
        others=(ADDED,),
    ),
    Row(
        "version-already-published",
        {PATH: versioned(WIDER, "1.2.0", "1.1.0")},
        "version 1.2.0 is published already, with other content: choose a higher one",
        "version:",
        base={PATH: versioned(ORDERS, "1.1.0")},
        others=(ADDED,),
    ),
    Row(
        "version-prerelease-active",
        {PATH: versioned(WIDER, "1.3.0-rc.1")},
        "version 1.3.0-rc.1 is a pre-release and active: release it as 1.3.0",
        "version:",
        WARNING,
        others=(ADDED,),
    ),
    Row(
        "status-transition-illegal",
        {PATH: status(ORDERS, "banana")},
        "there is no status 'banana': use one of proposed, draft, active, deprecated, retired",
        "status:",
    ),
    Row(
        "status-transition-illegal",
        {PATH: status(ORDERS, "draft")},
        "status active → draft is no step: active is followed by deprecated; "
        "a draft of a new version needs a new version",
        "status:",
    ),
    Row(
        "relationship-dangling",
        {PATH: linked("customers.id")},
        "'customers.id' leads nowhere: there is no object 'customers'",
        "to: customers.id",
        others=(("relationship-added", INFO),),
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_a_rule_finds_what_it_is_for(tmp_path: Path, row: Row) -> None:
    shop = Shop(tmp_path / "contracts.git", dict(row.base))
    if row.tagged:
        lifecycle.promote(shop.desk)
    if row.rule == "version-already-published":
        # A version that was published from elsewhere, as after a revert.
        shop.write("other", {PATH: ORDERS})
        git(shop.path, "tag", "-a", "orders/v1.2.0", "-m", "published", "other")
    branch(shop, row.files)
    report = judge(shop)
    found = the(report, row.rule)
    assert row.message in found.message
    assert found.level is row.level
    others = [each for each in brief(report) if each[0] != row.rule]
    assert sorted(others) == sorted(row.others)
    if row.line is not None:
        text = shop.text("work", found.path)
        assert found.line is not None
        assert row.line in text.splitlines()[found.line - 1]


def test_a_status_of_active_is_not_a_drafts(shop: Shop) -> None:
    """The row of status-activated-outside-merge: it needs a draft that the bot made."""
    shop.job()
    shop.edit("gitdraft/orders", "status: draft", "status: active")
    found = the(judge(shop, "gitdraft/orders"), "status-activated-outside-merge")
    assert found.level is ERROR
    assert found.message.startswith("a draft becomes active when it is merged and promoted")


def test_every_rule_of_a_check_has_a_row() -> None:
    tested = {row.rule for row in ROWS} | {"status-activated-outside-merge", "base-rewritten"}
    assert tested == {rule.id for rule in RULES.values() if rule.by_check}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "contracts.git")


# Drafts of this tool


def test_a_compatible_draft_passes(shop: Shop) -> None:
    drafted(shop.job(DISCOUNT))
    report = judge(shop, "gitdraft/orders")
    assert brief(report) == [("property-added-optional", INFO)]
    (checked,) = report.checked
    assert (checked.base_version, checked.version) == ("1.2.0", "1.3.0")
    assert checked.declared is checked.implied is Bump.MINOR


def test_a_breaking_draft_passes_with_warnings_as_its_version_declares_it(shop: Shop) -> None:
    drafted(shop.job({**AGREEING, "amount": DataType("string", "string")}))
    report = judge(shop, "gitdraft/orders")
    assert not report.reaches(ERROR)
    found = [finding for finding in report.findings if finding.level is WARNING]
    assert found
    assert all(
        finding.message.endswith("; breaking, and declared so by version 2.0.0")
        for finding in found
    )


def test_a_breaking_draft_with_too_small_a_bump_fails(shop: Shop) -> None:
    shop.job(
        {**AGREEING, "amount": DataType("string", "string")},
        adjust=lambda policy: replace(policy, bump=Bump.MINOR),
    )
    found = brief(judge(shop, "gitdraft/orders"))
    assert ("version-bump-too-small", ERROR) in found
    assert len([rule for rule, level in found if level is ERROR]) > 1


def test_a_first_draft_passes(shop: Shop) -> None:
    shop.job(contract="returns", new=True)
    report = judge(shop, "gitdraft/returns")
    assert report.findings == []
    assert [checked.how for checked in report.checked] == ["added"]


def test_a_draft_that_is_active_from_the_start_passes(tmp_path: Path) -> None:
    settings = {".gitdraft.yaml": "draft-status: active\n"}
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS, **settings})
    shop.job()
    assert not judge(shop, "gitdraft/orders").reaches(WARNING)


def test_the_commit_of_a_promotion_passes(shop: Shop) -> None:
    shop.job()
    before = shop.repo.resolve("refs/heads/main")
    lifecycle.merge(shop.desk, 1, ANA)
    report = judge(shop, "main", base=str(before))
    assert brief(report) == [("property-added-optional", INFO)]
    merged = shop.repo.commit(str(shop.repo.resolve("refs/heads/main"))).parents[0]
    assert judge(shop, "main", base=merged).findings == []


# Versions


def test_documentation_needs_a_patch_only(shop: Shop) -> None:
    branch(shop, {PATH: versioned(DOCUMENTED, "1.2.1")})
    assert brief(judge(shop)) == [("documentation-changed", INFO)]


def test_comments_need_no_version(shop: Shop) -> None:
    branch(shop, {PATH: ORDERS.replace("# semantic", "# as in semver")})
    report = judge(shop)
    assert report.findings == []
    assert [checked.how for checked in report.checked] == ["edited"]


def test_documentation_of_an_unpublished_version_needs_none(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "contracts.git", {PATH: status(ORDERS, "proposed")})
    branch(shop, {PATH: status(DOCUMENTED, "proposed")})
    assert brief(judge(shop)) == [("documentation-changed", INFO)]


@pytest.mark.parametrize(
    ("before", "after", "version", "legal"),
    [
        ("draft", "proposed", "1.2.0", True),
        ("draft", "active", "1.2.0", True),
        ("proposed", "active", "1.2.0", True),
        ("active", "deprecated", "1.3.0", True),
        ("deprecated", "retired", "2.0.0", True),
        ("active", "draft", "1.3.0", True),
        ("deprecated", "proposed", "1.3.0", True),
        ("active", "draft", "1.2.0", False),
        ("active", "proposed", "1.2.0", False),
        ("active", "retired", "2.0.0", False),
        ("draft", "deprecated", "1.3.0", False),
        ("proposed", "draft", "1.2.0", False),
        ("deprecated", "active", "1.3.0", False),
        ("retired", "active", "2.0.0", False),
        ("retired", "draft", "2.0.0", False),
    ],
)
def test_a_status_takes_the_steps_of_a_contracts_life(
    tmp_path: Path, before: str, after: str, version: str, legal: bool
) -> None:
    shop = Shop(tmp_path / "contracts.git", {PATH: status(ORDERS, before)})
    branch(shop, {PATH: versioned(status(ORDERS, after), version)})
    rules = [rule for rule, _ in brief(judge(shop))]
    assert ("status-transition-illegal" not in rules) is legal


def test_a_version_may_be_declared_larger_than_asked(shop: Shop) -> None:
    branch(shop, {PATH: versioned(ORDERS, "1.3.0")})
    assert the(judge(shop), "version-bump-too-large").message.endswith("the changes ask for none")


def test_a_published_version_may_return_as_it_was(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS})
    lifecycle.promote(shop.desk)
    shop.write("main", {PATH: None})
    branch(shop, {PATH: ORDERS})
    assert judge(shop).findings == []


# Files


def test_a_moved_contract_is_compared_with_where_it_was(shop: Shop) -> None:
    branch(shop, {PATH: None, "contracts/shop/orders.odcs.yaml": versioned(WIDER, "1.3.0")})
    report = judge(shop)
    assert [(each.how, each.base_version) for each in report.checked] == [("moved", "1.2.0")]
    assert brief(report) == [ADDED]


def test_another_id_in_the_same_file_is_another_contract(shop: Shop) -> None:
    branch(shop, {PATH: versioned(ORDERS, "2.0.0").replace("id: orders", "id: sales")})
    assert the(judge(shop), "contract-id-changed").level is ERROR


def test_two_contracts_that_change_places_are_both_moved(tmp_path: Path) -> None:
    files = {PATH: ORDERS, CUSTOMERS_PATH: CUSTOMERS}
    shop = Shop(tmp_path / "contracts.git", dict(files))
    branch(shop, {PATH: CUSTOMERS, CUSTOMERS_PATH: ORDERS})
    report = judge(shop)
    assert {checked.how for checked in report.checked} == {"moved"}
    assert {finding.rule for finding in report.findings} == {"contract-path-mismatch"}


@pytest.mark.parametrize(
    "contract_id", ["urn:shop:customers", "53581432-6c55-4ba2-a65f-72344a91553a", "Customers"]
)
def test_an_id_that_is_no_name_for_a_file_is_no_mismatch(tmp_path: Path, contract_id: str) -> None:
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS})
    branch(shop, {CUSTOMERS_PATH: CUSTOMERS.replace("id: customers\n", f"id: {contract_id}\n")})
    assert judge(shop).findings == []


def test_no_path_is_wrong_where_files_are_not_named_by_ids(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "contracts.git", {"contracts/a.odcs.yaml": ORDERS})
    branch(shop, {"contracts/b.odcs.yaml": CUSTOMERS})
    assert judge(shop).findings == []


def test_the_sample_contracts_pass() -> None:
    files = {f"contracts/{path.name}": path for path in (ROOT / "contracts").iterdir()}
    assert files
    with Repo.open(str(ROOT)) as repo:
        overlay: dict[str, bytes | None] = {name: path.read_bytes() for name, path in files.items()}
        report = check(repo, Range(None, None, Config()), overlay=overlay)
    assert len(report.checked) == len(files)
    assert report.findings == []


@pytest.mark.parametrize("word", ["draft", "proposed", "retired"])
def test_what_was_never_out_or_is_retired_may_be_removed(tmp_path: Path, word: str) -> None:
    shop = Shop(tmp_path / "contracts.git", {PATH: status(ORDERS, word)})
    branch(shop, {PATH: None})
    report = judge(shop)
    assert report.findings == []
    assert [checked.how for checked in report.checked] == ["removed"]


def test_an_id_is_found_however_it_is_written(tmp_path: Path) -> None:
    odd = ORDERS.replace("id: orders", '"id": "\\x6frders"')
    shop = Shop(tmp_path / "contracts.git", {"contracts/odd.odcs.yaml": odd})
    branch(shop, {PATH: versioned(ORDERS, "1.3.0")})
    assert "contracts/odd.odcs.yaml" in the(judge(shop), "contract-id-not-unique").message


def test_only_changed_contracts_are_looked_at(tmp_path: Path) -> None:
    files = {PATH: ORDERS, CUSTOMERS_PATH: status(CUSTOMERS, "banana")}
    shop = Shop(tmp_path / "contracts.git", files)
    branch(shop, {PATH: versioned(WIDER, "1.3.0")})
    assert [checked.path for checked in judge(shop).checked] == [PATH]


def test_all_contracts_are_looked_at_if_asked(tmp_path: Path) -> None:
    files = {PATH: ORDERS, CUSTOMERS_PATH: status(CUSTOMERS, "banana")}
    shop = Shop(tmp_path / "contracts.git", files)
    report = judge(shop, "main", everything=True)
    assert [checked.how for checked in report.checked] == ["unchanged", "unchanged"]
    assert brief(report) == [("status-transition-illegal", ERROR)]


def test_other_files_are_no_contracts(shop: Shop) -> None:
    branch(shop, {"README.md": "words", "data/x.odcs.yaml": "id: ["})
    assert judge(shop).checked == ()


# Levels


def test_a_level_that_the_settings_state_is_kept(tmp_path: Path) -> None:
    rules = "rules:\n  property-removed: error\n  version-bump-too-large: off\n"
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS, ".gitdraft.yaml": rules})
    branch(shop, {PATH: versioned(NARROWER, "2.0.0")})
    assert brief(judge(shop)) == [("property-removed", ERROR)]
    branch(shop, {PATH: versioned(DOCUMENTED, "2.0.0")}, "words")
    assert brief(judge(shop, "words")) == [("documentation-changed", INFO)]


def test_a_branch_cannot_loosen_the_settings_it_is_checked_by(shop: Shop) -> None:
    shop.write("main", {".gitdraft.yaml": "perspective: consumer\n"})
    rules = "rules:\n  version-not-bumped: off\n  published-version-edited: off\n"
    branch(shop, {PATH: WIDER, ".gitdraft.yaml": rules})
    assert judge(shop).reaches(ERROR)


def test_policy_stays_an_error_whatever_the_version(tmp_path: Path) -> None:
    secret = ORDERS.replace("        description: Total", "        classification: pii\n$0 Total")
    secret = secret.replace("$0", "        description:")
    shop = Shop(tmp_path / "contracts.git", {PATH: secret})
    branch(shop, {PATH: versioned(ORDERS, "2.0.0")})
    assert brief(judge(shop)) == [("classification-removed", ERROR)]


def test_the_perspective_decides_what_is_an_error(shop: Shop) -> None:
    branch(shop, {PATH: versioned(NARROWER, "1.3.0")})
    report = judge(shop, perspective=Perspective.PRODUCER)
    assert ("property-removed", INFO) in brief(report)


def test_the_last_owner_cannot_go(tmp_path: Path) -> None:
    team = "team:\n  members:\n    - username: ana\n      role: owner\n"
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS + team})
    branch(shop, {PATH: versioned(ORDERS, "1.2.1")})
    assert the(judge(shop), "last-owner-removed").level is ERROR


def test_what_is_gone_is_named_at_what_held_it(tmp_path: Path) -> None:
    moved = versioned(
        ORDERS.replace("schema:\n", f"schema:\n{CUSTOMERS.split('schema:')[1][1:]}"), "2.0.0"
    )
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS})
    branch(shop, {PATH: moved.replace(NOTE, "")})
    found = the(judge(shop), "property-removed")
    lines = shop.text("work").splitlines()
    at = lines.index("  - name: orders")
    assert found.line == at + 2
    assert lines[found.line - 1] == "    properties:"


# Relationships


@pytest.mark.parametrize(
    "target",
    [
        "customers.id",
        "customers.address.street",
        "schema/customers_tbl/properties/customer_pk",
        "customers.odcs.yaml#/schema/customers_tbl/properties/customer_pk",
        "customers.odcs.yaml#schema/customers_tbl",
        "../contracts/customers.odcs.yaml#/schema/customers_tbl/properties/customer_pk",
        "contracts/customers.odcs.yaml#/schema/customers_tbl",
        "orders.order_id",
        "https://example.com/other.yaml#/schema/x/properties/y",
        "../../elsewhere/other.yaml#/schema/x/properties/y",
        "example.com/other.yaml#/schema/x/properties/y",
    ],
)
def test_a_relationship_may_lead_anywhere_that_there_is(tmp_path: Path, target: str) -> None:
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS, CUSTOMERS_PATH: CUSTOMERS})
    branch(shop, {PATH: linked(target)})
    assert brief(judge(shop)) == [("relationship-added", INFO)]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("customers.idd", "there is no property 'idd' in 'customers', did you mean 'id'?"),
        ("customers.address.town", "there is no property 'town' in 'address'"),
        ("schema/customers_tbl/properties/pk", "there is no 'pk' in properties"),
        ("schema/clients_tbl/properties/pk", "there is no 'clients_tbl' in schema"),
        (
            "customers.odcs.yaml#/schema/customers_tbl/properties/pk",
            "in contracts/customers.odcs.yaml there is no 'pk' in properties",
        ),
        ("clients.odcs.yaml#/schema/x", "there is no contract contracts/clients.odcs.yaml"),
        ("orders.order", "there is no property 'order' in 'orders', did you mean 'order_id'?"),
    ],
)
def test_a_relationship_that_leads_nowhere_says_why(
    tmp_path: Path, target: str, message: str
) -> None:
    shop = Shop(tmp_path / "contracts.git", {PATH: ORDERS, CUSTOMERS_PATH: CUSTOMERS})
    branch(shop, {PATH: linked(target)})
    found = the(judge(shop), "relationship-dangling")
    assert message in found.message


def test_who_refers_to_what_is_removed_is_found_in_unchanged_contracts(tmp_path: Path) -> None:
    target = "customers.odcs.yaml#/schema/customers_tbl/properties/customer_pk"
    shop = Shop(tmp_path / "contracts.git", {PATH: linked(target), CUSTOMERS_PATH: CUSTOMERS})
    branch(shop, {CUSTOMERS_PATH: None})
    found = the(judge(shop), "relationship-dangling")
    assert (found.path, "leads nowhere now" in found.message) == (PATH, True)
    assert found.line == linked(target)[: linked(target).index("- to:")].count("\n") + 1


@pytest.mark.parametrize("target", ["customers_tbl.customer_pk", "customers.customer_pk"])
def test_what_a_change_takes_from_another_contract_is_found_there(
    tmp_path: Path, target: str
) -> None:
    holder = target.partition(".")[0]
    customers = CUSTOMERS.replace("name: customers\n", f"name: {holder}\n")
    shop = Shop(tmp_path / "contracts.git", {PATH: linked(target), CUSTOMERS_PATH: customers})
    assert "customer_pk" in customers
    branch(shop, {CUSTOMERS_PATH: customers.replace("customer_pk", "customer_key")})
    found = the(judge(shop), "relationship-dangling")
    assert (found.path, "leads nowhere now" in found.message) == (PATH, True)


def test_a_joined_key_has_as_many_parts_on_both_sides(shop: Shop) -> None:
    relationship = """\
    relationships:
      - from: [orders.order_id, orders.note]
        to: [orders.order_id]
"""
    branch(shop, {PATH: versioned(ORDERS, "1.3.0") + relationship})
    found = the(judge(shop), "contract-invalid")
    assert found.message == "the relationship joins 2 properties with 1"


# Ranges


def test_the_base_is_where_the_branch_left_it(shop: Shop) -> None:
    branch(shop, {PATH: versioned(WIDER, "1.3.0")})
    shop.write("main", {CUSTOMERS_PATH: status(CUSTOMERS, "banana")})
    assert [checked.path for checked in judge(shop).checked] == [PATH]


def test_a_version_that_was_published_meanwhile_is_taken(shop: Shop) -> None:
    branch(shop, {PATH: versioned(WIDER, "1.3.0")})
    shop.write("main", {PATH: versioned(DOCUMENTED, "1.3.0")})
    lifecycle.promote(shop.desk)
    assert the(judge(shop), "version-already-published").level is ERROR


def test_a_checkout_of_a_pull_request_knows_its_base_by_the_remote(
    shop: Shop, tmp_path: Path
) -> None:
    branch(shop, {PATH: versioned(WIDER, "1.3.0")})
    shop.write("main", {CUSTOMERS_PATH: CUSTOMERS})
    clone = tmp_path / "checkout"
    git(tmp_path, "clone", "-q", str(shop.path), str(clone))
    git(clone, "checkout", "-q", "--detach", "origin/main")
    git(clone, "merge", "-q", "--no-ff", "-m", "Merge", "origin/work")
    git(clone, "branch", "-q", "-D", "main")
    with Repo.open(str(clone)) as repo:
        for base in ("main", None):
            report = check(repo, find_range(repo, base, None, None))
            assert [checked.path for checked in report.checked] == [PATH]


def test_a_stale_branch_of_a_clone_gives_way_to_the_remotes(shop: Shop, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(shop.path), str(clone))
    shop.write("main", {CUSTOMERS_PATH: CUSTOMERS})
    branch(shop, {PATH: versioned(WIDER, "1.3.0")})
    git(clone, "fetch", "-q")
    with Repo.open(str(clone)) as repo:
        report = check(repo, find_range(repo, "main", "work", None))
    assert [checked.path for checked in report.checked] == [PATH]


def test_a_shallow_clone_says_how_to_fetch_all(shop: Shop, tmp_path: Path) -> None:
    shop.write("main", {"README.md": "more"})
    branch(shop, {PATH: versioned(WIDER, "1.3.0")})
    clone = tmp_path / "shallow"
    url = f"file://{shop.path}"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=work", url, str(clone))
    with (
        Repo.open(str(clone)) as repo,
        pytest.raises(ConfigError, match=r"no branch 'main'.*fetch-depth: 0"),
    ):
        find_range(repo, "main", None, None)
    git(clone, "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    with (
        Repo.open(str(clone)) as repo,
        pytest.raises(ConfigError, match=r"no commit in common.*fetch-depth: 0"),
    ):
        find_range(repo, "main", None, None)


@pytest.mark.parametrize(
    ("base", "head", "message"),
    [
        ("nowhere", None, "no branch 'nowhere'"),
        ("main", "nowhere", "no branch or commit 'nowhere'"),
    ],
)
def test_a_branch_that_is_missing_is_named(
    shop: Shop, base: str, head: str | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        find_range(shop.repo, base, head, None)


def test_branches_with_nothing_in_common_are_refused(tmp_path: Path) -> None:
    place = make_repo(tmp_path / "repo", {PATH: ORDERS})
    git(place, "checkout", "-q", "--orphan", "alone")
    git(place, "commit", "-q", "-m", "alone")
    with Repo.open(str(place)) as repo, pytest.raises(ConfigError, match="no commit in common"):
        find_range(repo, "main", "alone", None)


def test_the_number_of_git_processes_does_not_grow_with_contracts(tmp_path: Path) -> None:
    counts = []
    for size in (2, 40):
        files: dict[str, str] = {
            f"contracts/c{number}.odcs.yaml": ORDERS.replace("id: orders", f"id: c{number}")
            for number in range(size)
        }
        shop = Shop(tmp_path / f"{size}.git", files)
        branch(shop, {path: versioned(text, "1.3.0") for path, text in files.items()})
        with Repo.open(str(shop.path)) as repo:
            processes = Processes(tmp_path)
            check(repo, find_range(repo, "main", "work", None))
            counts.append(len(processes.take()))
    assert counts[0] == counts[1] <= 8
