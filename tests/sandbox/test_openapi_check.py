"""The OpenAPI checker finds every mistake and reports nothing else."""

from __future__ import annotations

from dataclasses import replace

import openapi
import pytest

from sandbox import Exchange

THING = {
    "type": "object",
    "properties": {"id": {"$ref": "#/components/schemas/SnowflakeType"}, "name": {"type": "string"}},
    "required": ["id", "name"],
}
DOCUMENT = {
    "paths": {
        "/things/{thing_id}": {
            "parameters": [{"name": "thing_id", "in": "path", "schema": {"type": "string"}}],
            "post": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "wait", "in": "query", "schema": {"type": "boolean"}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                        "multipart/form-data": {"schema": {"$ref": "#/components/schemas/Thing"}},
                    },
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "4XX": {"$ref": "#/components/responses/No"},
                },
            },
        },
        "/things/@me": {"get": {"responses": {"204": {}}}},
    },
    "components": {
        "schemas": {"SnowflakeType": {"type": "string", "pattern": "^[0-9]+$"}, "Thing": THING},
        "responses": {"No": {"content": {"application/json": {"schema": {"type": "object", "required": ["code"]}}}}},
    },
}
GOOD = Exchange(
    "POST", "/things/5", {"limit": "100", "wait": "1"}, {"id": 5, "name": "x"}, False, (), 200, {"id": "5", "name": "x"}
)
ME = Exchange("GET", "/things/@me", {}, None, False, (), 204, None)


@pytest.fixture
def description() -> openapi.OpenApi:
    return openapi.OpenApi(DOCUMENT)


def test_what_is_right_passes(description) -> None:
    description.check([GOOD, ME, replace(GOOD, multipart=True), replace(GOOD, status=404, response={"code": 1})])
    description.check(
        [replace(GOOD, json={}, status=400, response={"code": 1}), replace(GOOD, status=500, response="?")]
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(GOOD, path="/others/5"), "no such operation"),
        (replace(GOOD, method="GET"), "no such operation"),
        (replace(GOOD, query={"limit": "101"}), "query limit"),
        (replace(GOOD, query={"wait": "yes"}), "query wait"),
        (replace(GOOD, query={"colour": "red"}), "no colour"),
        (replace(GOOD, json=None), "no body"),
        (replace(GOOD, json={"id": "5"}), "request $: 'name'"),
        (replace(GOOD, response={"id": 5, "name": "x"}), "answer $.id"),
        (replace(GOOD, status=201), "cannot be 201"),
        (replace(GOOD, status=404, response={}), "answer $: 'code'"),
        (replace(ME, response={}), "of 204 has no body"),
        (replace(ME, json={}), "has a body"),
    ],
)
def test_what_is_wrong_is_told(description, wrong, said) -> None:
    with pytest.raises(AssertionError) as caught:
        description.check([GOOD, wrong])
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1
