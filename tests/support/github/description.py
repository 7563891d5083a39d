"""Holds requests and answers against GitHub's own description of its API.

The description (OpenAPI, of the npm package `@octokit/openapi`) is cut down to the routes of this
server once, and kept in the cache folder. Answers must moreover be understood by githubkit, a
client that is generated from it. Without the description nothing is checked: `loaded()` says why.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from support import npm

if TYPE_CHECKING:
    from pydantic import BaseModel
    from support.github.routes import Call

_PACKAGE = "@octokit/openapi"
_SILENT = {"description", "example", "examples", "x-github", "externalDocs", "summary"}


@cache
def loaded() -> Description | npm.Missing:
    """Return the description of this server's routes, or why there is none."""
    from support.github.routes import ROUTES

    routes = sorted({(each.method, each.template) for each in ROUTES})
    found = npm.find(_PACKAGE)
    if isinstance(found, npm.Missing):
        return found
    version = npm.VERSIONS[_PACKAGE]
    mark = hashlib.sha256(repr(routes).encode()).hexdigest()[:12]
    kept = npm.cache_folder() / f"routes-{version}-{mark}.json"
    if not kept.exists():
        whole = json.loads((found / "generated" / "api.github.com.json").read_bytes())
        part = kept.with_suffix(f".{id(whole)}.part")
        part.write_text(json.dumps(_cut(whole, routes)), "utf-8")
        part.replace(kept)
    return Description(json.loads(kept.read_bytes()))


def _cut(whole: Any, routes: list[tuple[str, str]]) -> Any:
    """Return the operations of these routes, and the components that they need."""
    operations: dict[str, Any] = {}
    components: dict[str, Any] = {}

    def bare(node: Any, names: bool = False) -> Any:
        """Copy a node without its prose; `names`: its keys are names, not keywords."""
        if isinstance(node, list):
            return [bare(each) for each in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in components:
            components[reference] = None
            _, _, kind, name = reference.split("/")
            components[reference] = bare(whole["components"][kind][name])
        return {
            key: bare(value, key == "properties" and not names)
            for key, value in node.items()
            if names or key not in _SILENT
        }

    for method, template in routes:
        operation = whole["paths"].get(template, {}).get(method.lower())
        if operation is not None:
            wanted = {k: operation.get(k) for k in ("parameters", "requestBody", "responses")}
            operations[f"{method} {template}"] = bare(wanted)
    return {"operations": operations, "components": components}


def _schema(node: Any, names: bool = False) -> Any:
    """Turn an OpenAPI 3.0 schema into JSON Schema: `nullable`, and where references lead."""
    if isinstance(node, list):
        return [_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str) and not names:
        return {"$ref": "#/$defs/" + node["$ref"].rpartition("/")[2]}
    turned = {
        key: _schema(value, key == "properties" and not names)
        for key, value in node.items()
        if names or key != "nullable"
    }
    if not names and node.get("nullable") is True:
        return {"anyOf": [turned, {"type": "null"}]}
    return turned


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


class Description:
    """What GitHub says of the routes."""

    def __init__(self, cut: Any) -> None:
        self.operations: dict[str, Any] = cut["operations"]
        self._components: dict[str, Any] = cut["components"]
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def _at(self, node: Any) -> Any:
        return self._components[node["$ref"]] if "$ref" in node else node

    def parameters(self, route: str, place: str) -> dict[str, Any]:
        """Return the parameters of a route in the path or the query: name -> schema."""
        all_ = [self._at(each) for each in self.operations[route]["parameters"] or []]
        return {each["name"]: each["schema"] for each in all_ if each["in"] == place}

    def body(self, route: str) -> Any:
        """Return the schema of what is sent, None for nothing."""
        sent = self.operations[route].get("requestBody")
        return self._at(sent)["content"]["application/json"]["schema"] if sent else None

    def members(self, schema: Any) -> set[str]:
        """Return the names that an object may have."""
        schema = self._at(schema)
        names = set(schema.get("properties", {}))
        for key in ("oneOf", "anyOf", "allOf"):
            for each in schema.get(key, []):
                names |= self.members(each)
        return names

    def response(self, route: str, status: int) -> Any:
        """Return the schema of an answer; KeyError where GitHub never answers so."""
        response = self._at(self.operations[route]["responses"][str(status)])
        return response.get("content", {}).get("application/json", {}).get("schema")

    def wrong(self, key: str, schema: Any, value: Any) -> str | None:
        """Say what is wrong with a value; validators are kept by `key`."""
        if key not in self._validators:
            needed: dict[str, Any] = {}
            waiting = list(_references(schema))
            while waiting:
                reference = waiting.pop()
                name = reference.rpartition("/")[2]
                if name not in needed:
                    component = self._components[reference]
                    needed[name] = _schema(component)
                    waiting += _references(component)
            whole = {**_schema(schema), "$defs": needed}
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                whole, validate_formats=True, ignore_unknown_formats=True
            )
        error = next(self._validators[key].iter_errors(value), None)
        if error is None:
            return None
        where = "/".join(str(each) for each in error.instance_path)
        return f"at {where or 'the top'}: {error.message[:300]}"


def model_of(route: str, status: int, schema: Any) -> type[BaseModel] | None:
    """Return githubkit's model of an answer, or of one item of a list."""
    from githubkit_schemas.latest import models

    if schema.get("type") == "array":
        schema = schema["items"]
    if "$ref" in schema:
        words = re.split(r"[-_]", schema["$ref"].rpartition("/")[2])
    else:
        method, template = route.split(" ")
        words = [*re.split(r"[^A-Za-z]+", template), method.lower(), "Response", str(status)]
    found: type[BaseModel] | None = getattr(
        models, "".join(word[:1].upper() + word[1:] for word in words), None
    )
    return found


@dataclass
class Judge:
    """Finds what GitHub would not understand, or would not say."""

    description: Description | None = None
    violations: list[str] = field(default_factory=list)

    def request(self, method: str, template: str, call: Call) -> None:
        """Check what was sent."""
        if self.description is None:
            return
        route = f"{method} {template}"
        if route not in self.description.operations:
            self.violations.append(f"GitHub has no route {route}")
            return
        known = self.description.parameters(route, "query")
        for name, text in call.query.items():
            if name not in known:
                self.violations.append(f"{route} has no parameter {name!r}")
                continue
            value = int(text) if known[name].get("type") == "integer" and text.isdigit() else text
            self._check(f"{route} ?{name}", known[name], value)
        schema = self.description.body(route)
        sent = call.body
        if schema is None:
            if sent:
                self.violations.append(f"{route} takes no body: {sent!r}"[:300])
            return
        if isinstance(sent, list) and template.endswith("/labels"):
            sent = {"labels": sent}  # "You can also pass an array of labels directly."
        if sent is not None:
            self._check(f"{route} body", schema, sent)
        if isinstance(sent, dict):
            stray = set(sent) - self.description.members(schema)
            if stray and self.description.members(schema):
                self.violations.append(f"{route} takes no {sorted(stray)}")

    def answer(self, method: str, template: str, status: int, body: Any) -> None:
        """Check what is answered."""
        if self.description is None:
            return
        route = f"{method} {template}"
        try:
            schema = self.description.response(route, status)
        except KeyError:
            self.violations.append(f"{route} never answers {status}")
            return
        if schema is None:
            if body is not None:
                self.violations.append(f"{route} {status} has no body")
            return
        self._check(f"{route} {status}", schema, body)
        model = model_of(route, status, schema)
        for item in body if isinstance(body, list) else [body]:
            if model is not None:
                self._parse(route, model, item)

    def _parse(self, route: str, model: type[BaseModel], item: Any) -> None:
        import pydantic

        try:
            model.model_validate(item)
        except pydantic.ValidationError as error:
            self.violations.append(f"{route}: githubkit cannot read it: {error}"[:600])

    def _check(self, key: str, schema: Any, value: Any) -> None:
        assert self.description is not None
        wrong = self.description.wrong(key, schema, value)
        if wrong:
            self.violations.append(f"{key} {wrong}")


def judge() -> Judge:
    """Return a judge, who knows what is to be had."""
    found = loaded()
    return Judge(None if isinstance(found, npm.Missing) else found)
