"""What every shape is: a model that knows its fields, and prints those that it was given."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import ConfigDict, Field

from index.schema import PictureBox, Value

Payload: TypeAlias = dict[str, Any]


def json_text(payload: Payload | list[Payload], *, indent: int | None = None) -> str:
    """Return JSON, on one line unless `indent` says otherwise. A lone surrogate is escaped."""
    text = json.dumps(payload, ensure_ascii=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(payload, indent=indent)
    return text


class JsonShape(Value):
    """A part of a JSON answer; a field that was not given is left out of it."""

    model_config = ConfigDict(defer_build=True)

    def payload(self) -> Payload:
        """Return what is printed."""
        return self.model_dump(exclude_unset=True)


class PictureShape(JsonShape):
    """Where in which picture a text was read, its edges as shares of width and height."""

    page: int | None = Field(description="Page, from 1; null without pages.")
    left: float = Field(description="Left edge, 0 to 1.")
    top: float = Field(description="Upper edge, 0 to 1.")
    right: float = Field(description="Right edge, 0 to 1.")
    bottom: float = Field(description="Lower edge, 0 to 1.")


def picture_field(box: PictureBox | None) -> Payload:
    """Return the field of a text that was read from a picture; nothing for others."""
    if box is None:
        return {}
    left, top, right, bottom = (round(edge / 10_000, 4) for edge in box.edges)
    shape = PictureShape(page=box.page, left=left, top=top, right=right, bottom=bottom)
    return {"read_from_picture": shape}


def moment_text(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 has it."""
    return moment.isoformat() if moment else None
