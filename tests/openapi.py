"""Holds requests and answers against Discord's own description of its HTTP API (OpenAPI 3.1).

    import openapi
    openapi.load(shared).check(sandbox.requests)

`check` raises AssertionError with one line for each mistake. Requests that were refused as malformed, or before they
were read, are not held against the description, but the refusal is. Server errors are not described, and pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from sandbox import Exchange

_ANSWERS = "urn:discord:answers"
_REQUESTS = "urn:discord:requests"
_MALFORMED = (400, 413)


def check_where_it_is(exchanges: Iterable[Exchange]) -> None:
    """As `check`; nothing on the many machines that have no description beside the checkout."""
    shared = Path(__file__).resolve().parents[2] / "shared"
    if (shared / "discord").is_dir():
        load(shared).check(exchanges)


@cache
def load(shared: Path) -> OpenApi:
    """The description beside the checkout; read once."""
    return OpenApi(json.loads((shared / "discord" / "openapi.json").read_text()))


class OpenApi:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._registry = Registry().with_resources(
            (uri, Resource(contents=contents, specification=DRAFT202012))
            for uri, contents in ((_ANSWERS, _for_answers(document)), (_REQUESTS, _for_requests(document)))
        )
        self._validators: dict[str, Draft202012Validator] = {}

    def check(self, exchanges: Iterable[Exchange]) -> None:
        problems = [problem for exchange in exchanges for problem in self.problems(exchange)]
        assert not problems, "\n".join(problems)

    def problems(self, exchange: Exchange) -> Iterator[str]:
        """What is wrong with one request and its answer."""
        where = f"{exchange.method} {exchange.path}"
        found = self._operation(exchange.method, exchange.path)
        if found is None:
            yield f"{where}: no such operation"
            return
        pointer, operation, shared = found
        if exchange.read and exchange.status not in _MALFORMED:
            yield from (f"{where}: {problem}" for problem in self._query(exchange, shared))
            yield from (f"{where}: request {problem}" for problem in self._request(exchange, pointer, operation))
        yield from (f"{where}: answer {problem}" for problem in self._answer(exchange, pointer, operation))

    # ------------------------------------------------------------ finding

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        """Paths as patterns, those with fewer parameters first: `@me` is no user's id."""
        paths = sorted(self._document["paths"], key=lambda path: path.count("{"))
        return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in paths]

    def _operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any], list[Mapping[str, Any]]] | None:
        for pattern, template in self._templates:
            item = self._document["paths"][template]
            if pattern.fullmatch(path) and method.lower() in item:
                operation = item[method.lower()]
                parameters = item.get("parameters", []) + operation.get("parameters", [])
                return f"/paths/{_escape(template)}/{method.lower()}", operation, parameters
        return None

    # ------------------------------------------------------------ checking

    def _query(self, exchange: Exchange, parameters: list[Mapping[str, Any]]) -> Iterator[str]:
        known = {one["name"]: self._followed(one["schema"]) for one in parameters if one["in"] == "query"}
        for name, text in exchange.query.items():
            if name not in known:
                yield f"query has no {name}"
                continue
            kind = known[name].get("type")
            value: Any = text
            if kind == "integer" and text.isdigit():
                value = int(text)
            if kind == "boolean" and text.lower() in ("0", "1", "true", "false"):
                value = text.lower() in ("1", "true")
            error = best_match(Draft202012Validator(known[name]).iter_errors(value))
            if error is not None:
                yield f"query {name}: {error.message}"

    def _followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._at(schema["$ref"].removeprefix("#")) if "$ref" in schema else schema

    def _request(self, exchange: Exchange, pointer: str, operation: Mapping[str, Any]) -> Iterator[str]:
        body = operation.get("requestBody")
        if body is None:
            if exchange.json is not None or exchange.files:
                yield "has a body where there is none"
            return
        kind = "multipart/form-data" if exchange.multipart else "application/json"
        if kind not in body["content"]:
            yield f"cannot be {kind}"
        elif exchange.json is None:
            if body.get("required") and not exchange.files:
                yield "has no body"
        else:
            place = f"{pointer}/requestBody/content/{_escape(kind)}/schema"
            yield from self._validate(f"{_REQUESTS}#{quote(place)}", exchange.json)

    def _answer(self, exchange: Exchange, pointer: str, operation: Mapping[str, Any]) -> Iterator[str]:
        if exchange.status >= 500:
            return
        answers = operation["responses"]
        key = str(exchange.status)
        key = key if key in answers else f"{key[0]}XX"
        if key not in answers:
            yield f"cannot be {exchange.status}"
            return
        place = f"{pointer}/responses/{key}"
        if reference := answers[key].get("$ref"):
            place = reference.removeprefix("#")
        content = self._at(place).get("content", {})
        if "application/json" not in content:
            if exchange.response is not None:
                yield f"of {exchange.status} has no body"
            return
        place += f"/content/{_escape('application/json')}/schema"
        yield from self._validate(f"{_ANSWERS}#{quote(place)}", exchange.response)

    def _at(self, pointer: str) -> Mapping[str, Any]:
        place: Any = self._document
        for step in pointer.strip("/").split("/"):
            place = place[step.replace("~1", "/").replace("~0", "~")]
        return place

    def _validate(self, reference: str, instance: Any) -> Iterator[str]:
        if reference not in self._validators:
            self._validators[reference] = Draft202012Validator({"$ref": reference}, registry=self._registry)
        error = best_match(self._validators[reference].iter_errors(instance))
        if error is not None:
            yield f"{error.json_path}: {error.message[:300]}"


def _with(document: Mapping[str, Any], **schemas: Any) -> dict[str, Any]:
    components = document["components"]
    return {**document, "components": {**components, "schemas": {**components["schemas"], **schemas}}}


def _for_requests(document: Mapping[str, Any]) -> dict[str, Any]:
    """Discord's documentation lets ids in requests be numbers too ("ID serialization")."""
    text = document["components"]["schemas"]["SnowflakeType"]
    return _with(document, SnowflakeType={"anyOf": [text, {"type": "integer", "minimum": 0}]})


def _for_answers(document: Mapping[str, Any]) -> dict[str, Any]:
    """The errors of a form carry words as codes, as the documentation shows them ("Error messages"), and a message can
    refer to one that it forwards ("Message Reference Types").
    """
    error = {
        "type": "object",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "message"],
    }
    errors = {"_errors": {"type": "array", "items": error}}
    return _with(
        document,
        InnerErrors={"type": "object", "properties": errors, "required": ["_errors"]},
        MessageReferenceType={"enum": [0, 1]},
    )


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
