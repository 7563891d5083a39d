"""`rules`: the catalogue by which changes and contracts are judged."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click

from dc43_gitdraft.changes import RULES, Rule
from dc43_gitdraft.cli.options import Common, common_with, example
from dc43_gitdraft.cli.output import paint, say, say_json, say_painted, say_table
from dc43_gitdraft.findings.catalogue import COLUMNS, document, levels, row
from dc43_gitdraft.findings.markdown import catalogue


@click.command(epilog=example("rules", "rules property-removed", "rules --output markdown"))
@click.argument("rule", required=False)
@common_with("markdown")
def rules(options: Common, rule: str | None) -> None:
    """Print every rule, or RULE: what it detects, its level, and the bump that it implies.

    The level depends on whose breakage counts (--perspective); `rules` in .gitdraft.yaml sets
    another one for a repository.
    """
    chosen = list(RULES.values()) if rule is None else [_named(rule)]
    if options.json:
        say_json({"rules": [document(each) for each in chosen]})
    elif options.output == "markdown":
        say(catalogue(chosen).rstrip("\n"))
    elif rule is None:
        _say_all(chosen)
    else:
        _say_one(chosen[0])


def _named(name: str) -> Rule:
    if name in RULES:
        return RULES[name]
    close = difflib.get_close_matches(name, list(RULES), n=1)
    hint = f": did you mean {close[0]!r}?" if close else "; `dc43-gitdraft rules` lists them"
    raise click.BadParameter(f"there is no rule {name!r}{hint}", param_hint="RULE")


def _say_all(chosen: Sequence[Rule]) -> None:
    # Examples would make the lines too long for most terminals.
    rows = (row(each) for each in chosen)
    order = [COLUMNS.index(name) for name in ("rule", "consumer", "producer", "both", "bump")]
    order.append(COLUMNS.index("detects"))
    say_table(
        ([cells[place] for place in order] for cells in rows),
        head=[COLUMNS[place] for place in order],
    )


def _say_one(rule: Rule) -> None:
    say_painted(paint(rule.id, bold=True))
    say(f"  {rule.detects}")
    say_table(
        [
            ("  found by", "check" if rule.by_check else "diff, check, draft"),
            ("  level", ", ".join(f"{whose} {level}" for whose, level in levels(rule).items())),
            ("  bump", str(rule.bump)),
            ("  example", rule.example),
        ]
    )
