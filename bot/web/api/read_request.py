"""What a request asks for, read within bounds and checked; every fault of it gets a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from bot.web.api.problem_details import Problem

LONGEST_BODY = 1 << 20
"""Bytes; a question with a long conversation has some thousands."""

_MOST_FAULTS = 5
_LONGEST_INPUT = 80

_KIND = re.compile(r"^\w+ should ")
"""How pydantic begins what it says of a value; the name of the field takes its place."""


class StrictRequest(BaseModel):
    """A body that has its fields and no others, of the right types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LooseRequest(BaseModel):
    """A body of which fields that are not known are passed over."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class QueryRequest(BaseModel):
    """The parameters of an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)


R = TypeVar("R", bound=BaseModel)


async def read_body(request: Request, wanted: type[R]) -> R:
    """Read the JSON body of a request; raises Problem, and ClientDisconnect."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "Send the body as JSON, with `Content-Type: application/json`.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Problem(413, f"The body may have at most {LONGEST_BODY:,} bytes.")
    try:
        return wanted.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _problem(error) from None


def read_query(request: Request, wanted: type[R]) -> R:
    """Read the parameters of an address, those in its path among them; raises Problem."""
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    for name in names:
        if names.count(name) > 1:
            raise Problem(422, f'"{_short(name)}" is given more than once.')
    try:
        return wanted.model_validate({**dict(given), **request.path_params})
    except ValidationError as error:
        raise _problem(error) from None


def _problem(error: ValidationError) -> Problem:
    faults = error.errors(include_url=False, include_context=True)
    if faults[0]["type"] == "json_invalid":
        said = _short(faults[0]["msg"].removeprefix("Invalid JSON: "))
        return Problem(400, f"The body is no valid JSON: {said}.")
    told = list(dict.fromkeys(map(_sentence, faults)))
    more = f" There are {len(told) - _MOST_FAULTS} more faults." if len(told) > _MOST_FAULTS else ""
    return Problem(422, " ".join(told[:_MOST_FAULTS]) + more)


def _sentence(fault: Mapping[str, object]) -> str:
    """Say what is wrong with one field, and repeat nothing of what it holds."""
    location = fault["loc"]
    assert isinstance(location, tuple)
    name = _field(location)
    match fault["type"]:
        case "missing":
            return f"{name} is missing."
        case "extra_forbidden":
            return f"There is no field {name}."
        case "string_unicode":
            return f"{name} is no valid Unicode text."
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{name} must be a JSON object."
        case _:
            said = _KIND.sub("should ", str(fault["msg"])).partition(" after validation")[0]
            return f"{name} {said.partition(', unable to parse')[0]}."


def _field(location: tuple[object, ...]) -> str:
    """Return `"history[2].text"`."""
    parts = list(_parts(location))
    return f'"{_short("".join(parts).removeprefix("."))}"' if parts else "The body"


def _parts(location: tuple[object, ...]) -> Iterator[str]:
    for part in location:
        if isinstance(part, int):
            yield f"[{part}]"
        elif not str(part).endswith("]"):  # the name that pydantic gives one of several types
            yield f".{part}"


def _short(text: str) -> str:
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable if len(printable) <= _LONGEST_INPUT else f"{printable[:_LONGEST_INPUT]}…"
