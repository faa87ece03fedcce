"""Addresses of answers and of quotes on the reading page.

An address of a quote names the source, its version and the characters, so that it means the same
for ever. It opens nothing by itself: whoever follows it has to have the rights.
"""

from __future__ import annotations

import re

from index.schema import Evidence

VERSION_LENGTH = 16
"""Characters of the hash of a version that stand in an address."""

QUOTE_PATH = re.compile(r"/sources/([0-9a-f]{16})/([0-9a-f]{16})/(\d{1,12})-(\d{1,12})")
"""Source, version, start and end."""


def quote_path(evidence: Evidence) -> str:
    """Return the path of a quote on the page: `/sources/ID/VERSION/START-END`."""
    version = evidence.sha256[:VERSION_LENGTH]
    return f"/sources/{evidence.source_id}/{version}/{evidence.start}-{evidence.end}"


def citation_link(web_url: str, evidence: Evidence) -> str:
    """Return the permanent address of a quote below `web_url`, which QUOTH_WEB_URL holds."""
    return web_url.rstrip("/") + quote_path(evidence)


def answer_path(key: str) -> str:
    """Return the path of a kept answer on the page."""
    return f"/answers/{key}"


def answer_link(web_url: str, key: str) -> str:
    """Return the permanent address of a kept answer below `web_url`."""
    return web_url.rstrip("/") + answer_path(key)
