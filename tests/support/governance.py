"""The shop's orders as a contract that dc43 takes, with what its model drops."""

from __future__ import annotations

from support.shop import ANA, ORDERS, Shop

from dc43_gitdraft import lifecycle

#: With an unknown nested key, a null and a rule that dc43 measures.
CONTRACT = ORDERS.replace("v3.2.0", "v3.1.0").replace(
    "        description: Total in euros.\n",
    "        description: Total in euros.\n"
    "        quality:\n"
    "          # Nobody is paid for buying.\n"
    "          - name: not_negative\n"
    "            type: sql\n"
    "            query: SELECT MIN(amount) FROM orders\n"
    "            mustBeGreaterOrEqualTo: 0\n"
    "            customProperties:\n"
    "              - property: until\n"
    "                value: null  # for good\n",
)


def merge(shop: Shop, number: int = 1) -> None:
    """Merge a pull request as a steward does."""
    lifecycle.merge(shop.desk, number, ANA)
