"""What is said below an answer while documents are still being read or embedded."""

from __future__ import annotations

from bot.schema import Answer
from index.schema import Coverage


def coverage_text(coverage: Coverage, *, by_meaning: bool = True) -> str:
    """Say in a sentence or two how far documents are read and, unless none is, embedded."""
    said = []
    if coverage.read < coverage.documents:
        said.append(f"{coverage.read:,} of {coverage.documents:,} documents are read so far.")
    if coverage.changed:
        one = "1 document may have changed since it was read."
        some = f"{coverage.changed:,} documents may have changed since they were read."
        said.append(one if coverage.changed == 1 else some)
    if by_meaning and coverage.embedded < coverage.passages:
        said.append(
            "Not all documents are searched by meaning yet: "
            f"{coverage.embedded:,} of {coverage.passages:,} passages are."
        )
    return " ".join(said)


def with_coverage_notice(answer: Answer, coverage: Coverage, *, by_meaning: bool) -> Answer:
    """Return an answer that tells what it was not made of, and what it may miss for that.

    `by_meaning` is whether anything was searched by meaning at all.
    """
    text = coverage_text(coverage, by_meaning=by_meaning)
    if not text:
        return answer
    said = " ".join(filter(None, [answer.notice, text, "This may miss something."]))
    return answer.model_copy(update={"notice": said, "coverage": coverage})
