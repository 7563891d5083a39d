"""A contract that doesn't exist yet, from every kind of source: drafted, checked, promoted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import Cli
from support.git import git
from support.registry import serve

from dc43_gitdraft import odcs

DBT = Path(__file__).parents[1] / "data" / "dbt"
DDL = """
CREATE TABLE shop.returns (id bigint PRIMARY KEY, order_id bigint NOT NULL, reason varchar(40));
COMMENT ON COLUMN shop.returns.reason IS 'In the customer''s words';
"""
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
EVENT = {
    "eventTime": "2024-05-30T08:00:00Z",
    "outputs": [
        {
            "namespace": "s3://lake",
            "name": "shop.returns",
            "facets": {"schema": {"fields": [{"name": "id", "type": "bigint"}]}},
        }
    ],
}
PIPELINE = {
    "event_type": "flow_definition",
    "timestamp": "2024-05-30T08:00:00Z",
    "details": {
        "flow_definition": {
            "output_dataset": "shop.returns",
            "schema": [{"name": "id", "data_type": "bigint"}],
        }
    },
}
FILES = {
    "ddl": ("shop.sql", DDL, "?dialect=postgres"),
    "jsonschema": ("returns.schema.json", json.dumps(SCHEMA), ""),
    "openlineage": ("events.ndjson", json.dumps(EVENT), ""),
    "dlt": ("log.json", json.dumps(PIPELINE), ""),
}


def story(cli: Cli, repo: Path, source: str) -> None:
    """Draft, check, merge: then the contract is in force, and the source agrees with it."""
    said = cli("draft", "returns", "--new", "--from", source, "--output", "json").json
    assert (said["outcome"], said["base_version"], said["version"]) == ("created", None, "1.0.0")
    cli("check", "--head", "gitdraft/returns")
    body = cli("pulls", "show", "1", "--output", "json").json["body"]
    assert "Please say what no data can tell" in body
    assert "Who owns this data" in body
    cli("pulls", "merge", "1")
    text = git(repo, "show", "main:contracts/returns.odcs.yaml")
    contract = odcs.read(text)
    assert contract.document["status"] == "active"
    assert contract.document["schema"][0]["properties"][0]["name"] == "id"
    again = cli("draft", "returns", "--from", source, "--output", "json").json
    assert (again["outcome"], again["changes"]) == ("no-drift", [])


@pytest.fixture(autouse=True)
def _repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITDRAFT_REPO", str(repo))


@pytest.mark.parametrize("scheme", sorted(FILES))
def test_a_file_of_any_kind_becomes_a_contract(
    scheme: str, cli: Cli, repo: Path, tmp_path: Path
) -> None:
    name, text, options = FILES[scheme]
    (tmp_path / name).write_text(text, "utf-8")
    story(cli, repo, f"{scheme}:{tmp_path / name}{options}")


def test_a_model_of_dbt_becomes_a_contract(cli: Cli, repo: Path) -> None:
    story(cli, repo, f"dbt:{DBT}#orders")


def test_a_subject_of_a_registry_becomes_a_contract(cli: Cli, repo: Path) -> None:
    with serve() as server:
        server.register(
            "returns-value",
            {"type": "record", "name": "R", "fields": [{"name": "id", "type": "long"}]},
        )
        story(cli, repo, f"schema-registry:{server.url}#returns-value")
