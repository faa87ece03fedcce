"""What every page has: its parts, its templates, and the frame around what it shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from bot.web.addressed_answers import AddressedAnswers
from bot.web.page_templates import page_templates
from bot.web.question_desk import QuestionDesk
from bot.web.shown_text import neutral
from bot.web.text_blocks import Block
from bot.web.web_parts import WebParts


@dataclass(frozen=True)
class PageFrame:
    """Shared by all pages of one application."""

    parts: WebParts
    templates: Jinja2Templates
    answers: AddressedAnswers
    desk: QuestionDesk

    @classmethod
    def of(cls, parts: WebParts) -> PageFrame:
        """Return the frame over the parts."""
        answers = AddressedAnswers.of(parts)
        templates = page_templates()
        templates.env.filters |= {"grouped": _grouped, "neutral": neutral}
        return cls(parts, templates, answers, QuestionDesk(parts, answers))

    def page(self, request: Request, template: str, *, status: int = 200, **shown: Any) -> Response:
        """Return a page; its template finds what is `shown`, and what the frame needs."""
        frame = {
            "has_report": self.parts.settings.web_report is not None,
            "is_kept": self.parts.answers_folder is None,
        }
        return self.templates.TemplateResponse(
            request, template, {**frame, **shown}, status_code=status
        )


def _grouped(blocks: Sequence[Block]) -> Iterator[tuple[bool, list[Block]]]:
    """Yield blocks with those together that are items of one list."""
    for is_item, group in itertools.groupby(blocks, key=lambda block: block.kind == "item"):
        yield is_item, list(group)
