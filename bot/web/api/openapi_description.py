"""The description of the API, in OpenAPI 3.1, made of what its routes are made of."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.json_shapes.json_shape import Payload
from bot.web.api.operations import Manner, Operation
from bot.web.api.problem_details import REASONS, OpenAIProblemShape, ProblemShape

_ABOUT = """Questions to a team's own documents, answered with exact quotes and their places.

Send a token with every request: `Authorization: Bearer TOKEN`. It opens the collections that it was
made for, and no others. Offsets count the characters (code points) of a source's canonical text."""

_FAILURES: dict[Manner, tuple[str, type[BaseModel]]] = {
    "problem": ("application/problem+json", ProblemShape),
    "openai": ("application/json", OpenAIProblemShape),
}

_SECURED = (401, 429)
_READ = (422,)
_POSTED = (400, 413, 415)
_ANY = (404, 500, 503, 504)


def openapi_description(operations: Sequence[Operation]) -> Payload:
    """Return the description of some operations."""
    given = {one.takes for one in operations if one.takes and one.method == "POST"}
    told = {one.gives for one in operations} | {shape for _, shape in _FAILURES.values()}
    _, schemas = models_json_schema(
        [
            *((model, "validation") for model in sorted(given, key=_name)),
            *((model, "serialization") for model in sorted(told, key=_name)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, Payload] = {}
    for operation in operations:
        path = operation.path.replace(":path", "")
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quoth",
            "version": importlib.metadata.version("quoth"),
            "description": _ABOUT,
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(operation: Operation) -> Payload:
    told: Payload = {
        "operationId": f"{operation.method.lower()}_{operation.handle.__name__}",
        "summary": operation.summary,
        "security": [] if operation.is_open else [{"token": []}],
        "responses": _responses(operation),
    }
    if operation.takes is None:
        return told
    if operation.method == "POST":
        body = {"application/json": {"schema": _reference(operation.takes)}}
        return told | {"requestBody": {"required": True, "content": body}}
    return told | {"parameters": list(_parameters(operation))}


def _responses(operation: Operation) -> Payload:
    content: Payload = {"application/json": {"schema": _reference(operation.gives)}}
    if operation.events:
        content["text/event-stream"] = {
            "schema": {"type": "string", "description": operation.events}
        }
    kind, shape = _FAILURES[operation.manner]
    failure = {kind: {"schema": _reference(shape)}}
    told: Payload = {"200": {"description": "As asked for.", "content": content}}
    for status in _statuses(operation):
        told[str(status)] = {"description": REASONS[status], "content": failure}
    return told


def _statuses(operation: Operation) -> list[int]:
    secured = () if operation.is_open else _SECURED
    read = _READ if operation.takes else ()
    posted = _POSTED if operation.method == "POST" else ()
    return sorted({*secured, *read, *posted, *_ANY, 405})


def _parameters(operation: Operation) -> list[Payload]:
    """Return the parameters in an address: the fields of the model that reads them."""
    assert operation.takes is not None
    schema: Payload = operation.takes.model_json_schema()
    required = schema.get("required", [])
    found: list[Payload] = []
    for name, field in schema["properties"].items():
        in_path = f"{{{name}" in operation.path
        described = {key: value for key, value in field.items() if key != "description"}
        found.append(
            {
                "name": name,
                "in": "path" if in_path else "query",
                "required": in_path or name in required,
                "description": field.get("description", ""),
                "schema": _without_null(described),
            }
        )
    return found


def _without_null(schema: Payload) -> Payload:
    """Return the schema of a parameter, which cannot be null in an address but left out."""
    kinds = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    if not kinds:
        return schema
    return {
        key: value for key, value in (schema | kinds[0]).items() if key not in ("anyOf", "default")
    }


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
