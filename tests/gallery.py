"""Renders pull requests as a browser shows them, to be looked at before a change is called good.

Run: python tests/gallery.py FOLDER, then open FOLDER/index.html or take pictures of the pages:

    chromium --headless --no-sandbox --disable-gpu --window-size=1000,1400 \
        --screenshot=breaking.png file://$PWD/FOLDER/breaking.html

With a copy of mermaid.min.js (npm package mermaid, dist/) in FOLDER, the graphs are drawn too.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt
from support.drafts import (
    ADDED,
    GUESSED,
    MOVED,
    ORIGIN,
    REMOVED,
    REWORDED,
    WIDENED,
    chain,
    change,
    draft,
)

from dc43_gitdraft import render
from dc43_gitdraft.model import Change, Draft, Impact, Link, QualityResult, Verdict

AROUND = Impact(
    "orders",
    (("payments", 1), ("refunds", 1), ("reports", 2)),
    (("customers", 1),),
    (
        Link("orders", "customers", (("orders.customer_id", "customers.customer_id"),)),
        Link("payments", "orders", (("payments.order_id", "orders.order_id"),)),
        Link("refunds", "orders", (("refunds.note", "orders.note"),)),
        Link("reports", "payments", (("reports.payment_id", "payments.payment_id"),)),
    ),
)
FAILED = (
    QualityResult("required", Verdict.BLOCK, "orders.order_id", 3, 1_200_000),
    QualityResult("status_known", Verdict.WARN, "orders.status", 12_000, 1_200_000),
    QualityResult("not_empty", Verdict.WARN),
)
HOSTILE = "![x](https://evil.example/x.png) @everyone fixes #1 <b>`|` :tada: $x$ [^1]"


def many(count: int) -> list[Change]:
    """Return as many additions, one change in ten documenting something."""
    kinds = [ADDED] * 9 + [REWORDED]
    return [
        replace(kinds[number % 10], path=f"orders.measurement_{number}") for number in range(count)
    ]


def bodies() -> Mapping[str, tuple[Draft, Impact | None]]:
    """Return what is shown: a name for each draft, and what is around it."""
    nested = change(
        "property-added-optional", "orders.lines[].tax", None, {"logicalType": "number"}
    )
    rules = (
        change("enum-value-removed", "orders.status", "lost", None),
        change(
            "quality-threshold-loosened", "orders", {"mustBeLessThan": 1}, {"mustBeLessThan": 5}
        ),
        change(
            "sla-loosened",
            "slaProperties.latency",
            {"value": 4, "unit": "h"},
            {"value": 1, "unit": "d"},
        ),
        change(
            "server-location-changed", "servers.production", "shop-eu", "shop-us", "account changed"
        ),
        change("pii-tag-removed", "orders.email", ["pii"], []),
    )
    return {
        "compatible": (draft(ADDED, nested), None),
        "care": (draft(ADDED, WIDENED, REWORDED, feedback=FAILED), replace(AROUND, referred=())),
        "breaking": (
            draft(
                *(ADDED, WIDENED, REMOVED, MOVED, *GUESSED),
                version="2.0.0",
                notes=("orders.tax holds no value yet, so that its type is not known",),
                feedback=FAILED,
            ),
            AROUND,
        ),
        "every_kind": (draft(ADDED, nested, *rules, version="2.0.0"), None),
        "first": (draft(*many(5), base_version=None, version="1.0.0"), None),
        "many": (draft(*many(300), REMOVED, WIDENED, version="2.0.0"), chain(45)),
        "enormous": (draft(*many(5000), REMOVED, version="2.0.0"), AROUND),
        "hostile": (
            draft(
                *(
                    replace(each, path=HOSTILE, before=HOSTILE, after=HOSTILE)
                    for each in (REMOVED,)
                ),
                replace(
                    WIDENED, path="orders." + "x" * 90, before="decimal(10,2)" * 9, after="🦆" * 90
                ),
                contract_id=HOSTILE,
                notes=(HOSTILE,),
                feedback=(QualityResult(HOSTILE, Verdict.BLOCK, HOSTILE, 1, 2),),
            ),
            Impact(
                HOSTILE, ((HOSTILE * 2, 1),), (), (Link(HOSTILE * 2, HOSTILE, ((HOSTILE, "b"),)),)
            ),
        ),
    }


STYLE = """
body { font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif;
  color: #1f2328; background: #f6f8fa; margin: 24px; }
h1 { font-size: 22px; font-weight: 400; max-width: 900px; overflow-wrap: anywhere; }
article { max-width: 850px; background: #fff; border: 1px solid #d1d9e0; border-radius: 6px;
  padding: 16px; overflow-wrap: break-word; }
table { border-spacing: 0; border-collapse: collapse; display: block; width: max-content;
  max-width: 100%; overflow: auto; margin: 0 0 16px; }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0; }
tr:nth-child(2n) { background: #f6f8fa; }
code { font: 85% ui-monospace, "DejaVu Sans Mono", monospace; background: #818b981f;
  border-radius: 6px; padding: .2em .4em; }
pre { background: #f6f8fa; border-radius: 6px; padding: 16px; overflow: auto; }
pre code { background: none; padding: 0; }
ul { padding-left: 2em; } p, ul { margin: 0 0 16px; } details { margin: 0 0 16px; }
"""
SCRIPT = """
<script src="mermaid.min.js"></script>
<script>
for (const code of document.querySelectorAll("code.language-mermaid")) {
  const graph = document.createElement("pre");
  graph.className = "mermaid";
  graph.textContent = code.textContent;
  if (window.mermaid) code.parentElement.replaceWith(graph);
}
if (window.mermaid) mermaid.run();
</script>
"""


def page(title: str, body: str) -> str:
    """Return a page that looks like a pull request of GitHub."""
    # As there, a code span in a table breaks between letters only where nothing else helps.
    shown = MarkdownIt("gfm-like", {"html": True}).render(body)
    return (
        f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title>"
        f"<style>{STYLE}</style><h1>{html.escape(title)}</h1><article>{shown}</article>{SCRIPT}"
    )


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for name, (made, around) in bodies().items():
        title = render.title(made)
        body = render.body(made, ORIGIN, [("pipeline", "nightly")], around)
        (folder / f"{name}.md").write_text(body, "utf-8")
        (folder / f"{name}.html").write_text(page(title, body), "utf-8")
        links.append(f'<li><a href="{name}.html">{name}</a>: {html.escape(title)}')
    index = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><ul>{''.join(links)}</ul>"
    (folder / "index.html").write_text(index, "utf-8")


if __name__ == "__main__":
    main()
