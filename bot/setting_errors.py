"""What settings may hold, and how it is said when one holds something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

MODEL = r"^[a-z][a-z0-9_-]*/\S+$"
EMBEDDINGS = rf"^minilm$|^multilingual$|{MODEL}"
HTTP = r"^https?://\S+$"
WEBSOCKET = r"^wss?://\S+$"

_WORDS = {
    MODEL: "of the form provider/model",
    EMBEDDINGS: "minilm, multilingual or of the form provider/model",
    HTTP: "an address that starts with http:// or https://",
    WEBSOCKET: "an address that starts with ws:// or wss://",
}


def sentence(error: ValidationError, fields: Mapping[str, FieldInfo]) -> str:
    """Say in one sentence what is wrong with the first bad variable; a secret is not repeated."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    field = fields[name]
    shown = "" if _is_secret(field) else f" {first['input']!r}"
    wanted = ", ".join(_wanted(field))
    return f"{name}{shown} cannot be used: it must be {wanted}. Correct it in .env or unset it."


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in get_args(field.annotation)


def _wanted(field: FieldInfo) -> Iterator[str]:
    """Yield what a field accepts, in words."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        yield " or ".join(get_args(kind))
    elif kind in (int, float):
        yield "a whole number" if kind is int else "a number"
    for rule in field.metadata:
        yield from _bounds(rule)


def _bounds(rule: object) -> Iterator[str]:
    words = {"ge": "at least", "gt": "more than", "le": "at most"}
    for name, word in words.items():
        if (bound := getattr(rule, name, None)) is not None:
            yield f"{word} {bound}"
    if pattern := getattr(rule, "pattern", None):
        yield _WORDS[pattern]
