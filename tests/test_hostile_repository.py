"""Repositories in which somebody put what no checkout could hold: links, submodules, odd names.

Nothing of it is followed, no command ends as a bug, and what is drafted lies in its folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import git, refs_snapshot
from support.shop import ORDERS

from dc43_gitdraft.repo import Repo

FILE, LINK, SUBMODULE, FOLDER = "100644", "120000", "160000", "040000"
#: git's exit code of bad input, of a remote, of the contract's life: anything but a bug.
ENDED = {0, 1, 2, 3, 4}
NOWHERE = "1" * 40
ORDERS_PATH = "contracts/orders.odcs.yaml"

OBSERVATION = {
    "version": 1,
    "dataset": {"id": "table:shop.orders"},
    "observed_by": "a job",
    "complete": True,
    "properties": [
        {"name": "order_id", "type": {"logical": "integer", "physical": "bigint"}},
        {"name": "discount", "type": {"logical": "string", "physical": "string"}},
    ],
}

Item = tuple[str, bytes, bytes | list["Item"]]


def tree(repository: Path, items: Iterable[Item]) -> str:
    """Write a tree of any names and modes, which Git itself would not check out."""
    lines = []
    for mode, name, content in items:
        if isinstance(content, list):
            kind, sha = "tree", tree(repository, content)
        elif mode == SUBMODULE:
            kind, sha = "commit", content.decode()
        else:
            kind = "blob"
            sha = git(repository, "hash-object", "-w", "--stdin", stdin=content)
        lines.append(f"{mode} {kind} {sha}\t".encode() + name)
    return git(repository, "mktree", "-z", "--missing", stdin=b"\0".join(lines))


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    Repo.init(tmp_path / "contracts.git")
    return tmp_path / "contracts.git"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that nothing may be written to, with a contract that nothing may be read from."""
    (tmp_path / "outside").mkdir()
    path = tmp_path / "outside" / "orders.odcs.yaml"
    path.write_text(ORDERS.replace("Total in euros", "SECRET"), "utf-8")
    (tmp_path / "outside" / "gitdraft.yaml").write_text("branch-prefix: SECRET/\n", "utf-8")
    return tmp_path / "outside"


def commit(repository: Path, items: Iterable[Item], ref: str = "refs/heads/main") -> str:
    sha = git(repository, "commit-tree", tree(repository, items), "-m", "As it is")
    git(repository, "update-ref", ref, sha)
    return sha


def observation(tmp_path: Path) -> str:
    path = tmp_path / "seen.json"
    path.write_text(json.dumps(OBSERVATION), "utf-8")
    return f"observation:{path}"


def commands(repository: Path, tmp_path: Path) -> list[list[str]]:
    """Every command that reads or writes contracts."""
    seen = observation(tmp_path)
    where = ["--repo", str(repository), "--forge", "local"]
    return [
        ["status", *where],
        ["show", "orders", *where],
        ["history", "orders", *where],
        ["draft", "orders", "--from", seen, *where],
        ["draft", "customers", "--new", "--from", seen, *where],
        ["draft", "--all", "--from", seen, *where],
        ["diff", f"main:{ORDERS_PATH}", f"gitdraft/orders:{ORDERS_PATH}", *where],
        ["check", "--all", *where],
        ["promote", *where],
        ["pulls", "list", *where],
        ["doctor", *where],
        ["status", "--output", "json", *where],
    ]


def assert_sound(repository: Path, outside: Path, tmp_path: Path, cli: Cli) -> None:
    """Run every command, and assert what has to hold whatever the repository is like."""
    before = {path: path.read_bytes() for path in outside.rglob("*")}
    for command in commands(repository, tmp_path):
        done = cli(*command, code=None)
        assert done.code in ENDED, (command, done.err)
        assert "SECRET" not in done.out + done.err, command
        assert not set(done.out + done.err) & set("\x1b\x00\x07\r\u202e"), command
    assert {path: path.read_bytes() for path in outside.rglob("*")} == before
    for name, sha in refs_snapshot(repository).items():
        if name.startswith("refs/heads/gitdraft/"):
            changed = git(repository, "diff-tree", "-r", "-z", "--name-only", "main", sha)
            assert all(path.startswith("contracts/") for path in changed.split("\0") if path)
            assert ".." not in changed.replace("\0", "/").split("/")


def contract(content: bytes = ORDERS.encode(), mode: str = FILE) -> Item:
    return (FOLDER, b"contracts", [(mode, b"orders.odcs.yaml", content)])


@pytest.mark.parametrize("place", ["{outside}/orders.odcs.yaml", "../real.yaml", "loop", "/"])
def test_a_contract_that_is_a_symbolic_link(
    place: str, repository: Path, outside: Path, tmp_path: Path, cli: Cli
) -> None:
    target = place.format(outside=outside).encode()
    commit(repository, [contract(target, LINK), (FILE, b"real.yaml", ORDERS.encode())])
    assert_sound(repository, outside, tmp_path, cli)
    assert git(repository, "ls-tree", "main:contracts").startswith(LINK)


@pytest.mark.parametrize("target", ["{outside}", "..", "elsewhere"])
def test_a_folder_that_is_a_symbolic_link(
    target: str, repository: Path, outside: Path, tmp_path: Path, cli: Cli
) -> None:
    link = target.format(outside=outside).encode()
    folder: Item = (FOLDER, b"elsewhere", [(FILE, b"orders.odcs.yaml", ORDERS.encode())])
    commit(repository, [(LINK, b"contracts", link), folder])
    assert_sound(repository, outside, tmp_path, cli)
    seen = observation(tmp_path)
    done = cli(
        *("draft", "customers", "--new", "--from", seen, "--repo", repository, "--forge", "local"),
        code=2,
    )
    assert "'contracts' is no directory but a symbolic link" in done.err


@pytest.mark.parametrize(
    "items",
    [
        [(SUBMODULE, b"contracts", NOWHERE.encode())],
        [(FOLDER, b"contracts", [(SUBMODULE, b"orders.odcs.yaml", NOWHERE.encode())])],
        [(FOLDER, b"contracts", [(SUBMODULE, b"customers.odcs.yaml", NOWHERE.encode())])],
        [(FILE, b"contracts", b"x"), (FILE, b"README", b"x")],
        [(FOLDER, b"contracts", [(FOLDER, b"orders.odcs.yaml", [(FILE, b"x", b"y")])])],
    ],
    ids=["submodule", "submodule-as-file", "submodule-of-new", "file-as-folder", "folder-as-file"],
)
def test_what_is_no_file_where_a_contract_belongs(
    items: list[Item], repository: Path, outside: Path, tmp_path: Path, cli: Cli
) -> None:
    commit(repository, items)
    assert_sound(repository, outside, tmp_path, cli)


@pytest.mark.parametrize(
    ("mode", "content"),
    [
        (LINK, "{outside}/gitdraft.yaml"),
        (LINK, "contracts/orders.odcs.yaml"),
        (LINK, ".gitdraft.yaml"),
        (SUBMODULE, NOWHERE),
    ],
)
def test_settings_that_are_no_file(
    mode: str, content: str, repository: Path, outside: Path, tmp_path: Path, cli: Cli
) -> None:
    said = content.format(outside=outside).encode()
    commit(repository, [(mode, b".gitdraft.yaml", said), contract()])
    assert_sound(repository, outside, tmp_path, cli)


NAMES = [
    b"a\nb",
    b"a\x1b[31mb",
    b"a\tb",
    b"'a\"b",
    b"-rf",
    b"--upload-pack=touch x",
    b"a b ",
    b":(glob)**",
    b"$(touch x)",
    b"a\\b",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"..",
    b".git",
    b"git~1",
    b"CON",
    b"a" * 240,
    b"::error::x",
    b"[x](y)",
    b"Orders",
]


@pytest.mark.parametrize("folders", [False, True], ids=["files", "folders"])
def test_names_that_mean_something_to_somebody(
    folders: bool, repository: Path, outside: Path, tmp_path: Path, cli: Cli
) -> None:
    items: list[Item] = []
    for number, name in enumerate(NAMES):
        contract_id = f"other-{number}" if number else "orders"
        text = ORDERS.replace("id: orders", f"id: {contract_id}").encode()
        if folders:
            items.append((FOLDER, name, [(FILE, b"x.odcs.yaml", text)]))
        else:
            items.append((FILE, name + b".odcs.yaml", text))
    commit(repository, [(FOLDER, b"contracts", items)])
    assert_sound(repository, outside, tmp_path, cli)
    for number in range(len(NAMES)):
        source = ("--from", observation(tmp_path), "--object", "orders")
        where = ("--repo", repository, "--forge", "local")
        done = cli("draft", f"other-{number}" if number else "orders", *source, *where, code=None)
        assert done.code in ENDED, (NAMES[number], done.err)


def draft_of(contract_id: str) -> bytes:
    text = ORDERS.replace("id: orders", f"id: {contract_id}").replace("1.2.0", "1.3.0")
    return text.replace("active", "draft").encode()


def test_no_line_begins_as_an_order_to_the_runner_of_a_workflow(repository: Path, cli: Cli) -> None:
    forged = ORDERS.replace("version: 1.2.0  # semantic", 'version: "1.2.0\\n::error::x"')
    assert forged != ORDERS
    items: list[Item] = [(FILE, b"a\n::error::b.odcs.yaml", b"id: [")]
    items.append((FILE, b"orders.odcs.yaml", forged.encode()))
    commit(repository, [(FOLDER, b"contracts", items)])
    where = ("--repo", repository)
    for command in (["check", "--all", "--head", "main"], ["status"], ["doctor"], ["promote"]):
        done = cli(*command, *where, code=None)
        assert not any(line.startswith("::") for line in (done.out + done.err).splitlines()), (
            command
        )


def nested(folders: int) -> Item:
    item: Item = (FILE, b"y.odcs.yaml", draft_of("badly-placed"))
    for _ in range(folders):
        item = (FOLDER, b"a", [item])
    return item


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ((FILE, b"a\\b.odcs.yaml", draft_of("badly-placed")), "it holds a backslash"),
        (
            (FILE, b"a\nb.odcs.yaml", draft_of("badly-placed")),
            "it holds control characters",
        ),
        ((FILE, b"a" * 5000 + b".odcs.yaml", draft_of("badly-placed")), "longer than 255 bytes"),
        (nested(150), "it lies in more than 100 folders"),
    ],
    ids=["backslash", "newline", "long", "deep"],
)
def test_a_path_that_cannot_be_written_is_found_and_keeps_no_other_from_promotion(
    item: Item, said: str, repository: Path, cli: Cli
) -> None:
    where = ("--repo", repository, "--forge", "local")
    others: list[Item] = [(FILE, b"aa.odcs.yaml", draft_of("aa"))]
    others.append((FILE, b"zz.odcs.yaml", draft_of("zz")))
    commit(repository, [(FOLDER, b"contracts", [*others, item])])
    found = cli("check", "--all", "--head", "main", "--output", "json", *where[:2], code=1).json
    (finding,) = (
        each
        for contract in found["contracts"]
        for each in contract["findings"]
        if each["rule"] == "contract-path-mismatch"
    )
    assert finding["level"] == "error"
    assert said in finding["message"]
    done = cli("promote", *where, code=4)
    assert said in done.err
    tags = {name for name in refs_snapshot(repository) if name.startswith("refs/tags/")}
    assert tags == {"refs/tags/aa/v1.3.0", "refs/tags/zz/v1.3.0"}


def test_a_new_contract_is_not_written_beside_its_twin(
    repository: Path, tmp_path: Path, cli: Cli
) -> None:
    commit(repository, [(FOLDER, b"contracts", [(FILE, b"Customers.odcs.yaml", ORDERS.encode())])])
    source = ("--from", observation(tmp_path), "--repo", repository, "--forge", "local")
    done = cli("draft", "customers", "--new", *source, code=2)
    assert "contracts/customers.odcs.yaml, and contracts/Customers.odcs.yaml is another" in done.err


IDS = (
    *(
        "../../../etc/passwd",
        "..",
        ".git/config",
        "-rf",
        "a b",
        "a/../b",
        "x\u202ey",
        "\u200b",
        "İ",
    ),
    *("ﬀ", "[x](y) @everyone", "::error::x", "a" * 300, "{id}", "orders.lock", "it's", "a  b"),
)


def test_ids_that_mean_something_to_somebody(
    repository: Path, outside: Path, tmp_path: Path, cli: Cli
) -> None:
    files: list[Item] = []
    for number, contract_id in enumerate(IDS):
        text = ORDERS.replace("id: orders", f"id: {json.dumps(contract_id)}").encode()
        files.append((FILE, f"{number}.odcs.yaml".encode(), text))
    commit(repository, [(FOLDER, b"contracts", files)])
    assert_sound(repository, outside, tmp_path, cli)
    where = ("--from", observation(tmp_path), "--repo", repository, "--forge", "local")
    for contract_id in (*IDS, "a\udcff"):
        done = cli("draft", *where, "--", contract_id, code=None)
        assert done.code in ENDED, (contract_id, done.err)
        assert cli("show", *where[2:], "--", contract_id, code=None).code in ENDED, contract_id
    for name in refs_snapshot(repository):
        assert git(repository, "check-ref-format", name) == ""
        assert name.isascii()


@pytest.mark.parametrize(
    "settings",
    [
        "path: contracts/../{id}.yaml",
        "contracts: ['*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b']",
        "tag: '{slug}.lock/{version}'",
        "labels: [\"a\\nb\", '@x']",
    ],
)
def test_settings_that_lead_astray(
    settings: str, repository: Path, outside: Path, tmp_path: Path, cli: Cli
) -> None:
    commit(repository, [(FILE, b".gitdraft.yaml", settings.encode()), contract()])
    assert_sound(repository, outside, tmp_path, cli)
