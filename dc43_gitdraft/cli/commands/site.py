"""`site`: everything that the repository says, as pages that need no server."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click

from dc43_gitdraft.cli.options import Common, common, example
from dc43_gitdraft.cli.output import progress, say, say_json
from dc43_gitdraft.cli.workspace import open_desk
from dc43_gitdraft.overview import look
from dc43_gitdraft.site import folder, pages


@click.command(epilog=example("site public", "site public --title 'Contracts of the shop'"))
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--title", metavar="TEXT", help="What the site is called. [default: the repository]")
@common
def site(options: Common, directory: Path, title: str | None) -> None:
    """Write a site of all contracts into DIR: versions, drafts, decisions, relationships.

    It needs no server: open DIR/index.html, or publish the folder. DIR is replaced as a whole, and
    has to be empty, new, or such a site without other files. It shows what the repository holds:
    publish it only where everybody who can read it may.
    """
    folder.check(directory)
    with open_desk(options) as desk:
        progress("looking at the repository")
        found = look(desk)
        name = title or _called(desk.repo.url or desk.repo.origin() or desk.repo.name)
    files, size = folder.write(directory, pages(found, name))
    counts = {
        "contracts": len(found.portraits),
        "open_drafts": sum(each.proposal is not None for each in found.portraits),
        "decisions": sum(len(each.decided) for each in found.portraits),
        "relationships": len(found.links),
        "files": files,
        "bytes": size,
    }
    index = directory / "index.html"
    if options.json:
        say_json({"index": str(index), **counts})
        return
    nouns = ("contracts", "open_drafts", "decisions", "relationships")
    said = ", ".join(f"{counts[noun]:,} {_noun(noun, counts[noun])}" for noun in nouns)
    say(f"wrote {index}: {said}")


def _noun(key: str, count: int) -> str:
    plural = key.replace("_", " ")
    return plural.removesuffix("s") if count == 1 else plural


def _called(where: str) -> str:
    """Return the name of a repository: its last steps, without the machine and its folders."""
    on_web = "://" in where
    path = urlsplit(where).path if on_web else where
    steps = [step for step in path.removesuffix("/").removesuffix(".git").split("/") if step]
    return "/".join(steps[-2:] if on_web else steps[-1:]) or "contracts"
