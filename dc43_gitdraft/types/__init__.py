"""Physical types as SQL spells them: parsed, compared, respelt.

Our own grammar is Spark SQL's, plus the standard's spellings of the same types (`timestamp with
time zone`, `double precision`, `character varying`). `parse` takes the dialect of the contract's
server, in which a word may mean something else, and asks sqlglot for words that no table of ours
has. What nobody understands is an unknown type: it keeps its text, and is only ever equal to the
same text. Nothing is ever told from a part of a word.
"""

from dc43_gitdraft.types.dialects import DIALECTS, SERVERS, dialect_of
from dc43_gitdraft.types.grammar import PhysicalType, TypeField, folded, parse
from dc43_gitdraft.types.meaning import (
    ANYTHING,
    adopt,
    expresses,
    implied,
    is_own,
    same,
    speaks,
    widens,
    zone_differs,
)
from dc43_gitdraft.types.spelling import quoted, respell, spell
from dc43_gitdraft.types.tokens import uncommented

__all__ = [
    "ANYTHING",
    "DIALECTS",
    "SERVERS",
    "PhysicalType",
    "TypeField",
    "adopt",
    "dialect_of",
    "expresses",
    "folded",
    "implied",
    "is_own",
    "parse",
    "quoted",
    "respell",
    "same",
    "speaks",
    "spell",
    "uncommented",
    "widens",
    "zone_differs",
]
