"""Hypothesis strategies for ODCS documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from dc43_gitdraft.model import Document

#: logicalType -> ways to say it: physicalType (None: not said) and logicalTypeOptions.
SCALARS: Mapping[str, tuple[tuple[str | None, Mapping[str, Any]], ...]] = {
    "string": (
        (None, {}),
        ("string", {}),
        ("STRING", {"minLength": 1}),
        ("text", {}),
        ("varchar(20)", {"maxLength": 20}),
        ("VARCHAR(40)", {}),
        ("char(8)", {"maxLength": 8}),
        ("NVARCHAR2(20)", {}),
        ("binary", {"format": "binary"}),
        (None, {"format": "binary"}),
        (None, {"format": "email", "pattern": "^.+@.+$"}),
    ),
    "integer": (
        (None, {}),
        ("int", {}),
        ("INTEGER", {"minimum": -1000, "maximum": 1000}),
        ("bigint", {}),
        ("long", {"format": "i64"}),
        ("smallint", {}),
        ("tinyint", {}),
        ("decimal(12,0)", {}),
        ("NUMBER(9)", {}),
    ),
    "number": (
        (None, {}),
        ("double", {"exclusiveMinimum": -1}),
        ("DOUBLE PRECISION", {}),
        ("float", {"format": "f32"}),
        ("decimal(10,2)", {}),
        ("DECIMAL(18, 4)", {"minimum": 0}),
        ("numeric(7,3)", {}),
    ),
    "boolean": ((None, {}), ("boolean", {}), ("BOOL", {})),
    "date": ((None, {}), ("date", {}), ("DATE", {"minimum": "2020-01-01"})),
    "time": ((None, {}), ("time", {})),
    "timestamp": (
        (None, {}),
        (None, {"timezone": True}),
        (None, {"timezone": False}),
        ("timestamp", {"timezone": True}),
        ("TIMESTAMP", {}),
        ("timestamp_ntz", {"timezone": False}),
        ("timestamp_ntz", {}),
    ),
}
#: ODCS 3.0 has neither time nor timestamp: a date is what they are there.
SCALARS_3_0: Mapping[str, tuple[tuple[str | None, Mapping[str, Any]], ...]] = {
    **{logical: SCALARS[logical] for logical in ("string", "integer", "boolean")},
    # An exclusive bound was a flag before 3.1.
    "number": ((None, {}), ("double", {"minimum": 0, "exclusiveMinimum": True}), ("float", {})),
    "date": (*SCALARS["date"], ("timestamp", {}), ("timestamp_ntz", {})),
}
#: Types of map keys that every format can write.
KEY_TYPES = ("string", "integer", "date")

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(
    ["Order ID", "größe", "CamelCase", "名前", "a.b", "a-b", "yes", "null", "select"]
)
words = st.sampled_from(["as the shop counts it", "in cents", "see: the wiki", "# no comment", ""])


@st.composite
def scalar_types(
    draw: st.DrawFn, logical: str | None = None, api_version: str = "v3.2.0"
) -> Document:
    """A type without parts: logicalType, with physicalType and options where drawn."""
    known = SCALARS_3_0 if api_version.startswith("v3.0.") else SCALARS
    chosen = logical or draw(st.sampled_from(sorted(known)))
    physical, options = draw(st.sampled_from(known[chosen]))
    return {
        "logicalType": chosen,
        **({} if physical is None else {"physicalType": physical}),
        **({"logicalTypeOptions": dict(options)} if options else {}),
    }


@st.composite
def data_types(draw: st.DrawFn, depth: int = 2, api_version: str = "v3.2.0") -> Document:
    """Any type, nested `depth` levels at most."""
    kinds = ["scalar"] * 4
    if depth:
        kinds += ["object", "array"] + ["map"] * (api_version == "v3.2.0")
    kind = draw(st.sampled_from(kinds))
    inner = data_types(depth=depth - 1, api_version=api_version)
    if kind == "object":
        return {
            "logicalType": "object",
            **draw(st.sampled_from([{}, {"physicalType": "struct"}, {"physicalType": "STRUCT"}])),
            "properties": draw(properties(depth=depth - 1, api_version=api_version, most=3)),
        }
    if kind == "array":
        physical = draw(st.sampled_from([{}, {"physicalType": "array"}]))
        options = draw(st.sampled_from([{}, {"logicalTypeOptions": {"minItems": 1}}]))
        return {"logicalType": "array", **physical, **options, "items": draw(inner)}
    if kind == "map":
        key = scalar_types(draw(st.sampled_from(KEY_TYPES)))
        return {"logicalType": "map", "map": {"key": draw(key), "value": draw(inner)}}
    return draw(scalar_types(api_version=api_version))


@st.composite
def properties(
    draw: st.DrawFn, depth: int = 2, api_version: str = "v3.2.0", most: int = 6
) -> list[Document]:
    """Properties of one level, their names distinct without regard to letter case."""
    chosen = draw(st.lists(names, min_size=1, max_size=most, unique_by=str.casefold))
    found: list[Document] = []
    for name in chosen:
        prop: Document = {"name": name, **draw(data_types(depth=depth, api_version=api_version))}
        if draw(st.booleans()):
            prop["required"] = draw(st.booleans())
        if text := draw(st.none() | words):
            prop["description"] = text
        prop.update(draw(st.sampled_from(_EXTRAS)))
        found.append(prop)
    return found


@st.composite
def contract_documents(
    draw: st.DrawFn, *, depth: int = 2, api_version: str | None = None
) -> Document:
    """Valid ODCS documents with one schema object and what people add to one."""
    version = api_version or draw(st.sampled_from(["v3.2.0", "v3.2.0", "v3.1.0", "v3.0.2"]))
    document: Document = {
        "apiVersion": version,
        "kind": "DataContract",
        "id": draw(st.from_regex(r"[a-z][a-z0-9-]{2,12}", fullmatch=True)),
        "version": draw(st.sampled_from(["1.0.0", "0.3.1", "2.10.4"])),
        "status": draw(st.sampled_from(["active", "draft", "deprecated"])),
    }
    if draw(st.booleans()):
        document["name"] = draw(words)
    if draw(st.booleans()):
        document["description"] = {"purpose": draw(words), "usage": "daily"}
    document["schema"] = [
        {"name": "orders", "properties": draw(properties(depth=depth, api_version=version))}
    ]
    document.update(draw(st.sampled_from(_SECTIONS)))
    return document


_EXTRAS: tuple[Document, ...] = (
    {},
    {},
    {},
    {"tags": ["finance", "pii"]},
    {"classification": "restricted"},
    {"businessName": "Order amount", "examples": [1, "x"]},
    {"quality": [{"type": "text", "description": "looks right"}]},
    {"customProperties": [{"property": "owner", "value": {"team": "sales"}}]},
)
_SECTIONS: tuple[Document, ...] = (
    {},
    {"tags": ["sales"], "domain": "shop"},
    {"slaProperties": [{"property": "latency", "value": 4, "unit": "d"}]},
    {"support": [{"channel": "#shop", "url": "https://chat.example/shop"}]},
    {"roles": [{"role": "reader", "access": "read"}]},
    {"customProperties": [{"property": "dialect", "value": "spark"}]},
)
