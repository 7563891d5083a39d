"""Imports point only downward, and heavy libraries stay with the module that owns them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "dc43_gitdraft"
SOURCE = Path(__file__).parents[1] / PACKAGE

#: The longest matching prefix decides: `observe` is layer 2, what looks at data under it layer 4.
LAYERS: dict[str, int] = {
    "": 1,  # the package's own __init__: the version
    "model": 1,
    "errors": 1,
    "names": 1,
    "globs": 1,
    "types": 1,
    "strictyaml": 1,
    "observe": 2,
    "observe.as_json": 2,
    "forge": 2,
    "forge.talk": 2,
    "repo": 2,
    "config": 2,
    "kept": 2,
    "changes": 3,
    "odcs": 3,
    "provenance": 3,
    "render": 3,
    "findings": 3,
    "matching": 3,
    "observe.*": 4,
    "base_contract": 5,
    "branch": 5,
    "draft": 5,
    "catalog": 5,
    "index": 5,
    "indexed": 5,
    "lines": 5,
    "tags": 5,
    "room": 5,
    "addresses": 5,
    "impact": 5,
    "network": 5,
    "forge.*": 5,
    "desk": 6,
    "decisions": 6,
    "publish": 6,
    "batch": 6,
    "proposing": 6,
    "handing": 2,
    "handing.*": 6,
    "dc43": 6,
    "sweep": 6,
    "lifecycle": 6,
    "spark": 6,
    "finals": 6,
    "promotion": 6,
    "check": 6,
    "retelling": 6,
    "rebase": 6,
    "loosening": 6,
    "settle": 6,
    "steward": 6,
    "story": 6,
    "overview": 6,
    "site": 6,
    "workplace": 6,
    "author": 6,
    "doctor": 6,
    "cli": 7,
    "__main__": 7,
}

OWNERS: dict[str, tuple[str, ...]] = {
    "click": ("cli",),
    "dc43_integrations": ("dc43",),
    "dc43_service_backends": ("dc43",),
    "deltalake": ("observe.*",),
    "fastavro": ("observe.*",),
    "fsspec": ("observe.*",),
    "git": ("repo",),
    "github": ("forge.github.api", "forge.github.app"),
    "proto_schema_parser": ("observe.proto_types",),
    "requests": ("forge.github.api", "handing.webhook", "observe.registry"),
    "jsonschema_rs": ("odcs", "observe"),
    "pyarrow": ("observe.*",),
    "pyiceberg": ("observe.*",),
    "pyspark": ("dc43.interceptor", "spark", "observe.spark"),
    "ruamel": ("odcs", "strictyaml"),
    "tomlkit": ("dc43",),
    "sqlglot": ("types", "observe.ddl", "observe.spark", "observe.sql_tokens"),
}


@dataclass(frozen=True, order=True)
class Import:
    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def modules(root: Path) -> dict[str, Path]:
    # hatch_build.py runs in the build, outside the package.
    return {
        module_name(path, root): path
        for path in sorted(root.rglob("*.py"))
        if path.name != "hatch_build.py"
    }


def imports(root: Path) -> Iterator[Import]:
    """Every import of every module, at its top or inside functions, by absolute name."""
    known = modules(root)
    for name, path in known.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(name, alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                base = absolute(node, package)
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    is_module = inner.removeprefix(f"{PACKAGE}.") in known
                    yield Import(name, inner if is_module else base, node.lineno)


def absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = [PACKAGE, *filter(None, package.split("."))]
    kept = parents[: len(parents) - (node.level - 1)]
    return ".".join([*kept, *filter(None, [node.module])])


def unit(module: str) -> str:
    """The row of LAYERS that a module belongs to."""
    if module in LAYERS:
        return module
    head = module.split(".")[0]
    inner = f"{head}.*"
    return inner if inner in LAYERS else head


def upward(root: Path) -> list[Import]:
    """Imports inside the package that lead to a higher layer."""
    found = []
    for each in imports(root):
        if each.imported != PACKAGE and not each.imported.startswith(f"{PACKAGE}."):
            continue
        target = each.imported.removeprefix(PACKAGE).removeprefix(".")
        if LAYERS[unit(target)] > LAYERS[unit(each.importer)]:
            found.append(each)
    return sorted(set(found))


def test_every_module_has_a_layer() -> None:
    assert [name for name in modules(SOURCE) if unit(name) not in LAYERS] == []


def test_imports_point_only_downward() -> None:
    assert [str(each) for each in upward(SOURCE)] == []


def test_modules_of_one_layer_do_not_import_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    for each in imports(SOURCE):
        if each.imported.startswith(f"{PACKAGE}."):
            target = unit(each.imported.removeprefix(f"{PACKAGE}."))
            if target != unit(each.importer):
                graph.setdefault(unit(each.importer), set()).add(target)
    assert list(TopologicalSorter(graph).static_order())


def owned(module: str, owners: tuple[str, ...]) -> bool:
    """Whether the module, a package around it, or its row of LAYERS is among the owners."""
    parts = module.split(".")
    around = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return bool((around | {unit(module)}) & set(owners))


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_a_heavy_library_is_imported_only_by_its_owner(library: str) -> None:
    owners = OWNERS[library]
    strays = [
        str(each)
        for each in imports(SOURCE)
        if each.imported.split(".")[0] == library and not owned(each.importer, owners)
    ]
    assert strays == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"model.py": "from dc43_gitdraft import cli"}, "model:1 imports dc43_gitdraft.cli"),
        ({"model.py": "def f():\n    from . import cli"}, "model:2 imports dc43_gitdraft.cli"),
        ({"odcs/a.py": "from ..draft import x"}, "odcs.a:1 imports dc43_gitdraft.draft"),
        (
            {"observe/__init__.py": "from .files import x"},
            "observe:1 imports dc43_gitdraft.observe.files",
        ),
    ],
)
def test_an_upward_import_is_found(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    tree = {"cli/__init__.py": "", "draft.py": "", "observe/files.py": "", **files}
    for name, text in tree.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert [str(each) for each in upward(tmp_path)] == [expected]
