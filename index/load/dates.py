"""Dates that documents state about themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def in_utc(value: object) -> datetime | None:
    """Return a date as YAML, a meta element or a header states it, in UTC; None if it is none.

    A time without a zone is taken as UTC, a day as its midnight.
    """
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None


def _parsed(text: str) -> datetime | None:
    """Parse ISO 8601, then the form of mail and HTTP headers."""
    from email.utils import parsedate_to_datetime

    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
