"""Front matter: the fields at the top of a Markdown file, in YAML, TOML or JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from index.load.dates import in_utc
from index.load.titles import clean_title

_YAML = re.compile(
    r"\A---[ \t]*\n(?P<block>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL
)
_TOML = re.compile(
    r"\A\+\+\+[ \t]*\n(?P<block>.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL
)
_FIRST_KEY = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[\w-]+[ \t]*(?:=|:(?:[ \t]|\n|\Z))")
"""What a block begins with that is meant as fields, whatever is wrong further down."""
_TITLE_LINE = re.compile(
    r"""^title[ \t]*[:=][ \t]*(?P<quote>["']?)(?P<title>.+?)(?P=quote)[ \t]*$""",
    re.MULTILINE | re.IGNORECASE,
)

_KNOWN = {"title", "url", "canonical_url", "modified", "updated", "date"}

_LIMIT = 16_384
"""Characters of front matter; a longer block is text between two rules, and slow as YAML."""


@dataclass(frozen=True)
class FrontMatter:
    """What the front matter says of its document."""

    title: str | None = None
    url: str | None = None
    modified: datetime | None = None
    warnings: tuple[str, ...] = ()


_MAX_ALIASES = 20
"""Each may double what stands before it: with more, a few lines make billions of fields."""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter and the text with as many blank lines in its place.

    It is YAML between `---`, TOML between `+++`, or an object of JSON. Line numbers stay those of
    the file. A block that does not begin like fields stays in the text.
    """
    found = _in_yaml(text) or _in_toml(text) or _in_json(text)
    if found is None:
        return FrontMatter(), text
    matter, end = found
    return matter, "\n" * text.count("\n", 0, end) + text[end:]


def _in_yaml(text: str) -> tuple[FrontMatter, int] | None:
    """Return what the front matter says and where it ends."""
    block = _YAML.match(text, 0, _LIMIT)
    return None if block is None else _of_block(block, "YAML", _yaml_fields(block["block"]))


def _in_toml(text: str) -> tuple[FrontMatter, int] | None:
    import tomllib

    block = _TOML.match(text, 0, _LIMIT)
    if block is None:
        return None
    try:
        fields: dict[object, object] | None = dict(tomllib.loads(block["block"]).items())
    except (ValueError, RecursionError):
        fields = None
    return _of_block(block, "TOML", fields)


def _in_json(text: str) -> tuple[FrontMatter, int] | None:
    """Look for an object that stands alone above text, with a name in it that Quoth knows."""
    import json

    if not text.startswith("{"):
        return None
    try:
        fields, end = json.JSONDecoder().raw_decode(text[:_LIMIT])
    except (ValueError, RecursionError):
        return None
    alone = text.startswith("\n", end)
    return (_front_matter(fields), end) if alone and _KNOWN & fields.keys() else None


def _of_block(
    block: re.Match[str], language: str, fields: dict[object, object] | None
) -> tuple[FrontMatter, int] | None:
    """Return what a block says; of one that cannot be parsed its title; None where it is text."""
    if fields is not None:
        return _front_matter(fields), block.end()
    if not _FIRST_KEY.match(block["block"]):
        return None
    title = _TITLE_LINE.search(block["block"])
    warning = f"Its front matter is not valid {language}; nothing but its title was read."
    return FrontMatter(
        title=(clean_title(title["title"]) or None) if title else None, warnings=(warning,)
    ), block.end()


def web_address(value: object) -> str | None:
    """Return `value` if it is an http or https address that can be shown as a link."""
    if not isinstance(value, str) or not value.strip().isprintable() or " " in value.strip():
        return None
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return None
    safe = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return value.strip() if safe else None


def _yaml_fields(block: str) -> dict[object, object] | None:
    """Parse the block; None when it is no mapping."""
    import yaml

    try:
        if sum(isinstance(token, yaml.AliasToken) for token in yaml.scan(block)) > _MAX_ALIASES:
            return None
        fields = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _written(value: str | float) -> str:
    """Return a value as a title; none of a number that nobody would read."""
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return ""


def _front_matter(fields: dict[object, object]) -> FrontMatter:
    """Pick the fields Quoth knows, where they have values of the right kind."""
    title = fields.get("title")
    stated = next((fields[key] for key in ("modified", "updated", "date") if key in fields), None)
    url = fields.get("url", fields.get("canonical_url"))
    warnings = []
    if url is not None and web_address(url) is None:
        warnings.append("The url in its front matter is not a web address; left out.")
    if stated is not None and in_utc(stated) is None:
        warnings.append("The date in its front matter cannot be read; left out.")
    return FrontMatter(
        title=(clean_title(_written(title)) or None)
        if isinstance(title, str | int | float)
        else None,
        url=web_address(url),
        modified=in_utc(stated),
        warnings=tuple(warnings),
    )
