"""`observe`: what the data shows, as the JSON document that other programs can read."""

from __future__ import annotations

from pathlib import Path

import click

from dc43_gitdraft.cli.options import Common, common, example, now, profile_option
from dc43_gitdraft.cli.output import progress, say_json_text
from dc43_gitdraft.errors import InputError
from dc43_gitdraft.observe import observe as observe_source
from dc43_gitdraft.observe import schemes, to_json

_EPILOG = "\n\n".join(
    [
        f"SOURCE may begin with {', '.join(f'{each}:' for each in schemes())}.",
        example("observe parquet:data/orders -o orders.observation.json"),
    ]
)


@click.command(epilog=_EPILOG)
@click.argument("source")
@click.option("-o", "target", metavar="FILE", help="Write to this file.")
@click.option("--dataset-id", metavar="ID", help="The data's own name. [default: its path]")
@click.option("--dataset-version", metavar="VERSION", help="The data's own version.")
@click.option("--object", "object_name", metavar="NAME", help="The contract's schema object.")
@profile_option
@common
def observe(
    options: Common,
    source: str,
    target: str | None,
    dataset_id: str | None,
    dataset_version: str | None,
    object_name: str | None,
    profile: bool,
) -> None:
    """Print what is seen of SOURCE: types, null counts and layout, never a value.

    SOURCE is a file or a directory, or says what it is, as parquet:data/orders,
    ddl:schema.sql#orders or schema-registry:URL#SUBJECT. Only --profile shows values: bounds, and
    enumerations.
    """
    seen = observe_source(
        source,
        dataset_id=dataset_id,
        dataset_version=dataset_version,
        now=now(),
        object=object_name,
        profile=profile,
    )
    for warning in seen.warnings:
        progress(f"warning: {warning}")
    text = to_json(seen)
    if target is None:
        say_json_text(text)
        return
    try:
        Path(target).write_text(text.rstrip("\n") + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=target) from error
    progress(f"wrote {target}")
