"""The pages' templates: everything that is put into them is escaped."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.templating import Jinja2Templates

TEMPLATES = Path(str(files("bot.web") / "templates"))
STATIC = Path(str(files("bot.web") / "static"))


def page_templates() -> Jinja2Templates:
    """Return the templates; a name that a page lacks is an error."""
    environment = partial(
        Environment,
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return Jinja2Templates(env=environment())
