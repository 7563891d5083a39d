"""Prints, for each thing asked of rewriting, the share of contracts where it holds.

Run it: `PYTHONPATH=tests python tests/odcs/shares.py`
"""

from __future__ import annotations

from support.contracts import ALL, ASKED, CORPUS, SAMPLES


def table() -> list[str]:
    """Return a line for each thing that is asked."""
    lines = [f"{len(ALL)} contracts: {len(CORPUS)} of the test data, {len(SAMPLES)} of contracts/"]
    for name, (edits, holds) in ASKED.items():
        results = {path: list(edits(path)) for path in ALL}
        asked = {path: found for path, found in results.items() if found}
        good = sum(all(map(holds, found)) for found in asked.values())
        count = sum(map(len, asked.values()))
        share = 100 * good / len(asked)
        lines.append(f"{share:6.1f} %  {good:2} of {len(asked)} contracts, {count:3} edits: {name}")
    return lines


if __name__ == "__main__":
    print("\n".join(table()))
