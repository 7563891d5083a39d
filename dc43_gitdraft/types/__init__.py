"""Physical types as SQL spells them: parsed, compared, respelt.

The grammar is Spark SQL's, plus the standard's spellings of the same types (`timestamp with time
zone`, `double precision`, `character varying`). Anything else is an unknown type: it keeps its
text, and is only ever equal to the same text. Other dialects belong into `parse`, which would
then take the dialect of the contract's server.
"""

from dc43_gitdraft.types.grammar import PhysicalType, TypeField, folded, parse
from dc43_gitdraft.types.meaning import adopt, expresses, implied, same, widens, zone_differs
from dc43_gitdraft.types.spelling import quoted, respell, spell

__all__ = [
    "PhysicalType",
    "TypeField",
    "adopt",
    "expresses",
    "folded",
    "implied",
    "parse",
    "quoted",
    "respell",
    "same",
    "spell",
    "widens",
    "zone_differs",
]
