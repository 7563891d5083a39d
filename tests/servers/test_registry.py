"""The tests' schema registry, as Confluent's own client sees it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from support.registry import serve

CARD = '{"type": "record", "name": "Card", "fields": [{"name": "n", "type": "string"}]}'
ORDER = '{"type": "record", "name": "Order", "fields": [{"name": "c", "type": "Card"}]}'


def test_confluents_client_registers_and_reads_schemas_and_levels() -> None:
    with ExitStack() as stack, serve(users={"key": "secret"}) as server:
        settings = {"url": server.url, "basic.auth.user.info": "key:secret"}
        client = stack.enter_context(SchemaRegistryClient(settings))
        client.register_schema("card", Schema(CARD, "AVRO"))
        reference = SchemaReference("Card", "card", 1)
        identity = client.register_schema("order-value", Schema(ORDER, "AVRO", [reference]))
        latest = client.get_latest_version("order-value")
        assert (latest.schema_id, latest.version, latest.schema.schema_str) == (identity, 1, ORDER)
        assert latest.schema.references == [reference]
        assert client.get_version("card", 1).schema.schema_str == CARD
        assert client.get_subjects() == ["card", "order-value"]
        assert client.get_compatibility() == "BACKWARD"
        client.set_compatibility("card", "FULL")
        assert client.get_compatibility("card") == "FULL"


def test_confluents_client_understands_its_refusals() -> None:
    with ExitStack() as stack, serve() as server:
        client = stack.enter_context(SchemaRegistryClient({"url": server.url}))
        with pytest.raises(SchemaRegistryError) as caught:
            client.get_latest_version("nothing")
        assert caught.value.error_code == 40401
