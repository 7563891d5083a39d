"""`author`: a page on this machine to write contracts, and to propose them."""

from __future__ import annotations

import webbrowser

import click

from dc43_gitdraft.cli.options import Common, common, example, now
from dc43_gitdraft.cli.output import progress, say, say_json
from dc43_gitdraft.cli.workspace import contract_ids, open_desk, person


@click.command(
    epilog=example("author orders", "author shop.returns --from parquet:lake/returns --no-browser")
)
@click.argument("contract", shell_complete=contract_ids, required=False)
@click.option("--from", "source", metavar="SOURCE", help="Data to begin with; see `observe`.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port of the page, on this machine alone. [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Print the page's address, and open nothing.")
@common
def author(
    options: Common, contract: str | None, source: str | None, port: int, no_browser: bool
) -> None:
    """Write CONTRACT, or a new one, on a page in the browser, and propose it.

    What is proposed is a draft like a job's, by the person that Git's configuration names. The
    page's address works once, in one browser of this machine. Ctrl+C ends it.
    """
    from dc43_gitdraft.author.server import AuthorServer
    from dc43_gitdraft.author.session import Session, refuse_impossible

    with open_desk(options) as desk:
        if contract is not None:
            refuse_impossible(desk, contract)
        offered = {"contract": contract or "", "source": source or ""}
        who = person(desk)
        progress(f"{desk.repo.name}, {desk.base}: what is proposed is by {who}")
        # Around all of it: whoever has the address may be as quick as the words here.
        try:
            with AuthorServer(Session(desk, who, now, offered), port) as server:
                if options.json:
                    say_json({"url": server.url})
                else:
                    say(server.url)
                if not no_browser and not webbrowser.open(server.url):
                    progress("there is no browser here: open the address")
                progress("Ctrl+C ends it")
                server.wait()
        except KeyboardInterrupt:
            progress("ended")
