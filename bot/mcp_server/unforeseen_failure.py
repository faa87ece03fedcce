"""What is said and logged of a failure that nobody foresaw."""

from __future__ import annotations

import logging
import secrets
import traceback

logger = logging.getLogger(__name__)


def failure_sentence(error: Exception) -> str:
    """Log where something failed, without what was asked, and return the sentence for it."""
    reference = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    logger.error("reference %s: %s in %s", reference, type(error).__name__, places)
    return f"Quoth failed in an unforeseen way. Its log says more under {reference}."
