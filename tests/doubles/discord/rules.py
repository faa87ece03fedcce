"""Discord's limits on what a bot sends: every function returns the sentences of what is broken.

Numbers from https://discord.com/developers/docs: resources/message, components/reference,
interactions/application-commands and receiving-and-responding. Lengths are counted in UTF-16 code
units, the strictest reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15
_SETTABLE = 1 << 2 | EPHEMERAL | 1 << 12 | COMPONENTS_V2

MEBIBYTE = 1 << 20
FILE_LIMIT = 10 * MEBIBYTE
REQUEST_LIMIT = 25 * MEBIBYTE

ACTION_ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SECTION, TEXT_DISPLAY, CONTAINER, LABEL, FILE_UPLOAD = 9, 10, 17, 18, 19
_SELECTS = (3, 5, 6, 7, 8)
_V2_TYPES = (9, 10, 11, 12, 13, 14, 17)
_V1_TYPES = (1, 2, 3, 5, 6, 7, 8)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _length(what: str, text: object, most: int, least: int = 0) -> Iterator[str]:
    if not isinstance(text, str):
        yield f"{what} is no text: {text!r}"
    elif not least <= units(text) <= most:
        yield f"{what} has {units(text)} characters, {least} to {most} are allowed"


# --- messages --------------------------------------------------------------------------------


def message(payload: Payload, *, new: bool, v2: bool = False, files: int = 0) -> list[str]:
    """Check a message create, edit, callback or follow-up.

    `v2` says whether the message that is edited has Components V2 already.
    """
    flags = payload.get("flags") or 0
    v2 = v2 or bool(flags & COMPONENTS_V2)
    found = [*_mentions(payload), *_text(payload, v2=v2), *_embeds(payload.get("embeds") or [])]
    found += components(payload.get("components") or [], v2=v2)
    if flags & ~_SETTABLE:
        found.append(f"flags {flags} may not be set by a bot")
    if "nonce" in payload:
        found += _length("nonce", str(payload["nonce"]), 25, 1)
    if new and not files and not any(payload.get(key) for key in _CONTENTS):
        found.append("the message is empty")
    return found


_CONTENTS = ("content", "embeds", "components", "sticker_ids", "poll", "attachments")


def _mentions(payload: Payload) -> Iterator[str]:
    allowed = payload.get("allowed_mentions")
    if allowed is None:
        yield "allowed_mentions is missing"
    elif any(allowed.get(key) for key in ("parse", "users", "roles", "replied_user")):
        yield f"allowed_mentions lets somebody be pinged: {allowed}"


def _text(payload: Payload, *, v2: bool) -> Iterator[str]:
    yield from _length("content", payload.get("content") or "", 2000)
    if v2 and (payload.get("content") or payload.get("embeds") or payload.get("poll")):
        yield "a message with Components V2 may have no content, embeds or poll"


def _embeds(embeds: list[Payload]) -> Iterator[str]:
    if len(embeds) > 10:
        yield f"{len(embeds)} embeds, 10 are allowed"
    if sum(units(text) for embed in embeds for text in embed_texts(embed)) > 6000:
        yield "the embeds have more than 6000 characters together"
    for embed in embeds:
        yield from _embed(embed)


def embed_texts(embed: Payload) -> Iterator[str]:
    yield embed.get("title") or ""
    yield embed.get("description") or ""
    yield (embed.get("footer") or {}).get("text") or ""
    yield (embed.get("author") or {}).get("name") or ""
    for field in embed.get("fields") or []:
        yield field.get("name") or ""
        yield field.get("value") or ""


def _embed(embed: Payload) -> Iterator[str]:
    yield from _length("embed title", embed.get("title") or "", 256)
    yield from _length("embed description", embed.get("description") or "", 4096)
    yield from _length("embed footer", (embed.get("footer") or {}).get("text") or "", 2048)
    yield from _length("embed author", (embed.get("author") or {}).get("name") or "", 256)
    fields = embed.get("fields") or []
    if len(fields) > 25:
        yield f"{len(fields)} embed fields, 25 are allowed"
    for field in fields:
        yield from _length("embed field name", field.get("name"), 256, 1)
        yield from _length("embed field value", field.get("value"), 1024, 1)
    if "url" in embed and not re.match(r"https?://\S+$", embed["url"] or ""):
        yield f"embed url is no web address: {embed['url']!r}"
    if not any(text.strip() for text in embed_texts(embed)) and not embed.get("image"):
        yield "an embed is empty"


# --- components ------------------------------------------------------------------------------


def walk(items: Iterable[Payload]) -> Iterator[Payload]:
    """Yield every component, nested ones too."""
    for item in items:
        yield item
        yield from walk(item.get("components") or [])
        yield from walk(item[key] for key in ("accessory", "component") if item.get(key))


def components(items: list[Payload], *, v2: bool) -> list[str]:
    """Check the components of a message."""
    every = list(walk(items))
    found = [problem for item in every for problem in _component(item)]
    found += _custom_ids(every)
    allowed = (*_V1_TYPES, *_V2_TYPES) if v2 else _V1_TYPES
    found += [f"component type {i['type']} in a message" for i in every if i["type"] not in allowed]
    if not v2 and (len(items) > 5 or any(item["type"] != ACTION_ROW for item in items)):
        found.append("a message holds at most 5 action rows and nothing else at the top")
    if v2 and len(every) > 40:
        found.append(f"{len(every)} components, 40 are allowed")
    texts = [item.get("content") or "" for item in every if item["type"] == TEXT_DISPLAY]
    if sum(map(units, texts)) > 4000:
        found.append("the text displays have more than 4000 characters together")
    return found


def _custom_ids(every: list[Payload]) -> Iterator[str]:
    ids = [item["custom_id"] for item in every if item.get("custom_id") is not None]
    for custom_id in ids:
        yield from _length("custom_id", custom_id, 100, 1)
    if len(set(ids)) < len(ids):
        yield f"a custom_id is used twice: {sorted(ids)}"


def _component(item: Payload) -> Iterator[str]:
    kind = item["type"]
    if kind == ACTION_ROW:
        yield from _row(item.get("components") or [])
    elif kind == BUTTON:
        yield from _button(item)
    elif kind in _SELECTS:
        yield from _select(item)
    elif kind == TEXT_INPUT:
        yield from _text_input(item)
    elif kind == SECTION:
        if not 1 <= len(item.get("components") or []) <= 3 or not item.get("accessory"):
            yield "a section holds 1 to 3 text displays and an accessory"
    elif kind == TEXT_DISPLAY:
        yield from _length("text display", item.get("content"), 4000, 1)


def _row(inside: list[Payload]) -> Iterator[str]:
    kinds = {item["type"] for item in inside}
    if kinds == {BUTTON}:
        if len(inside) > 5:
            yield f"{len(inside)} buttons in a row, 5 are allowed"
    elif len(inside) != 1 or not kinds <= {*_SELECTS, TEXT_INPUT}:
        yield f"an action row holds buttons or one select, not {sorted(kinds)}"


def _button(item: Payload) -> Iterator[str]:
    yield from _length("button label", item.get("label") or "", 80)
    if not item.get("label") and not item.get("emoji"):
        yield "a button has neither label nor emoji"
    if item.get("style") == 5:
        yield from _length("button url", item.get("url"), 512, 1)
        if not re.match(r"(https?|discord)://\S+$", item.get("url") or ""):
            yield f"button url is no address: {item.get('url')!r}"
    elif not item.get("custom_id"):
        yield f"button {item.get('label')!r} has no custom_id"


def _select(item: Payload) -> Iterator[str]:
    if not item.get("custom_id"):
        yield "a select has no custom_id"
    yield from _length("select placeholder", item.get("placeholder") or "", 150)
    options = item.get("options") or []
    if item["type"] == STRING_SELECT and not 1 <= len(options) <= 25:
        yield f"{len(options)} select options, 1 to 25 are allowed"
    for option in options:
        yield from _length("option label", option.get("label"), 100, 1)
        yield from _length("option value", option.get("value"), 100, 1)
        yield from _length("option description", option.get("description") or "", 100)
    if len({option.get("value") for option in options}) < len(options):
        yield "two select options have the same value"
    if not 0 <= item.get("min_values", 1) <= item.get("max_values", 1) <= 25:
        yield "select min_values and max_values do not fit"


def _text_input(item: Payload) -> Iterator[str]:
    yield from _length("text input label", item.get("label") or "", 45)
    yield from _length("text input placeholder", item.get("placeholder") or "", 100)
    yield from _length("text input value", item.get("value") or "", 4000)
    most = item.get("max_length") or 4000
    if not 0 <= (item.get("min_length") or 0) <= most <= 4000:
        yield "text input min_length and max_length do not fit"
    if item.get("value") and units(item["value"]) > most:
        yield "text input value is longer than its max_length"


def modal(payload: Payload) -> list[str]:
    """Check a modal."""
    items = payload.get("components") or []
    found = [*_length("modal title", payload.get("title"), 45, 1)]
    found += _length("modal custom_id", payload.get("custom_id"), 100, 1)
    if not 1 <= len(items) <= 5:
        found.append(f"{len(items)} components in a modal, 1 to 5 are allowed")
    for item in items:
        if item["type"] not in (ACTION_ROW, LABEL, TEXT_DISPLAY):
            found.append(f"component type {item['type']} at the top of a modal")
        if item["type"] == LABEL:
            found += _length("label", item.get("label"), 45, 1)
            found += _length("label description", item.get("description") or "", 100)
    every = list(walk(items))
    found += [problem for item in every for problem in _component(item)]
    found += [
        "a text input needs a label"
        for item in items
        if item["type"] == ACTION_ROW
        for inner in item["components"]
        if not inner.get("label")
    ]
    return found + list(_custom_ids(every))


# --- commands --------------------------------------------------------------------------------


def choices(items: list[Payload]) -> list[str]:
    """Check autocomplete results or the choices of an option."""
    found = [f"{len(items)} choices, 25 are allowed"] if len(items) > 25 else []
    for item in items:
        found += _length("choice name", item.get("name"), 100, 1)
        if isinstance(item.get("value"), str):
            found += _length("choice value", item["value"], 100)
    return found


def commands(items: list[Payload]) -> list[str]:
    """Check a bulk overwrite of application commands."""
    found = []
    for kind, most in ((1, 100), (2, 15), (3, 15)):
        count = sum((item.get("type") or 1) == kind for item in items)
        if count > most:
            found.append(f"{count} commands of type {kind}, {most} are allowed")
    names = [((item.get("type") or 1), item.get("name")) for item in items]
    if len(set(names)) < len(names):
        found.append("two commands have the same name")
    return found + [problem for item in items for problem in _command(item)]


def _command(item: Payload) -> Iterator[str]:
    name = item.get("name") or ""
    if (item.get("type") or 1) != 1:
        yield from _length(f"menu name {name!r}", name, 32, 1)
        if item.get("description"):
            yield f"menu {name!r} may have no description"
        return
    yield from _named(item, f"/{name}")
    yield from _options(item.get("options") or [], f"/{name}")
    if _weight(item) > 8000:
        yield f"/{name} has more than 8000 characters"


def _named(item: Payload, where: str) -> Iterator[str]:
    name = item.get("name") or ""
    fits = name == name.lower() and 1 <= len(name) <= 32
    if not fits or not all(c in "-_'" or unicodedata.category(c)[0] in "LN" for c in name):
        yield f"{where}: {name!r} is no command name"
    yield from _length(f"description of {where}", item.get("description"), 100, 1)


def _options(options: list[Payload], where: str) -> Iterator[str]:
    if len(options) > 25:
        yield f"{where} has {len(options)} options, 25 are allowed"
    needed = [bool(option.get("required")) for option in options]
    if needed != sorted(needed, reverse=True):
        yield f"{where} has a required option after an optional one"
    for option in options:
        inside = f"{where} {option.get('name')}"
        yield from _named(option, inside)
        if option["type"] in (1, 2):
            yield from _options(option.get("options") or [], inside)
        yield from choices(option.get("choices") or [])
        if option.get("choices") and option.get("autocomplete"):
            yield f"{inside} has choices and autocomplete"
        if (option.get("max_length") or 0) > 6000:
            yield f"{inside} takes more than 6000 characters"


def _weight(item: Payload) -> int:
    inner = sum(map(_weight, item.get("options") or []))
    listed = sum(len(c["name"]) + len(str(c["value"])) for c in item.get("choices") or [])
    return len(item.get("name") or "") + len(item.get("description") or "") + inner + listed


# --- threads and files -----------------------------------------------------------------------


def thread(payload: Payload) -> list[str]:
    """Check a thread's creation or edit."""
    found = list(_length("thread name", payload["name"], 100, 1)) if "name" in payload else []
    if payload.get("auto_archive_duration", 60) not in (60, 1440, 4320, 10080):
        found.append(f"auto_archive_duration {payload['auto_archive_duration']} is not offered")
    return found


def descriptions(said: Iterable[str | None]) -> Iterator[str]:
    """Check what is said of files to those who do not see them."""
    for each in said:
        yield from _length("description of a file", each or "", 1024)


def files(sizes: list[int]) -> list[str]:
    """Check the files of one request."""
    found = [
        f"a file of {size} bytes, {FILE_LIMIT} are allowed" for size in sizes if size > FILE_LIMIT
    ]
    if sum(sizes) > REQUEST_LIMIT:
        found.append(f"{sum(sizes)} bytes in a request, {REQUEST_LIMIT} are allowed")
    if len(sizes) > 10:
        found.append(f"{len(sizes)} files, 10 are allowed")
    return found
