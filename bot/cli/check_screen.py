"""What a person sees of a text that was checked, line by line. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checking.quote_differences import told
from bot.checking.schema import CheckReport, Finding, Outcome
from bot.cli.terminal_text import Style, one_line
from bot.schema import Citation
from index.text.layout import line_range

_SHOWN = 300
"""Characters of a quotation or a sentence that are shown."""

_SAID: dict[Outcome, str] = {
    "verbatim": "word for word in the sources",
    "nearly": "nearly in the sources",
    "absent": "not in the sources",
    "elsewhere": "in another source than is said",
    "supported": "backed by the sources",
    "unsupported": "not backed by the sources",
}
_ALTERED = "not what the source says"
_COUNTED: dict[Outcome, str] = {
    "verbatim": "verbatim",
    "nearly": "nearly",
    "absent": "not in the sources",
    "elsewhere": "in another source",
    "supported": "backed",
    "unsupported": "not backed",
}


def finding_screen(finding: Finding, name: str, style: Style) -> str:
    """Return a finding with its line and an empty line behind it.

    `name` stands before the number of the line: `answer.md:`.
    """
    return "\n".join([*_finding(finding, name, style), ""])


def summary_line(report: CheckReport) -> str:
    """Return how many quotations and sentences there are, and what became of them."""
    quotations = [each for each in report.findings if each.kind == "quotation"]
    sentences = [each for each in report.findings if each.kind != "quotation"]
    parts = []
    for noun, found in (("quotation", quotations), ("sentence", sentences)):
        if not found:
            continue
        counts = ", ".join(
            f"{count} {said}"
            for outcome, said in _COUNTED.items()
            if (count := sum(each.outcome == outcome for each in found))
        )
        parts.append(f"{len(found)} {noun}{'s' if len(found) > 1 else ''}: {counts}.")
    return " ".join(parts)


def _finding(finding: Finding, name: str, style: Style) -> Iterator[str]:
    quote = finding.quote
    altered = finding.outcome == "nearly" and quote is not None and quote.alters
    said = _ALTERED if altered else _SAID[finding.outcome]
    head = f"{name}{finding.line}: {said}"
    yield head if finding.holds else style.bold(head)
    shown = _cut(one_line(finding.text))
    yield f"  \u201c{shown}\u201d" if quote else f"  {shown}"
    if quote is not None:
        for difference in quote.differences:
            yield f"  - {one_line(told(difference))}"
        if quote.caution:
            yield f"  Note: {one_line(quote.caution)}"
        if finding.outcome == "elsewhere":
            numbers = ", ".join(f"[{number}]" for number in finding.references)
            yield f"  - {numbers} refers to another source"
        yield from _place(quote.citation, style, with_words=finding.outcome == "nearly")
    elif finding.claim is not None:
        if not finding.holds:
            said = finding.claim.summary.removeprefix("Not backed: ").partition(". The nearest")[0]
            yield f"  - {one_line(said)}"
        yield from _place(finding.claim.evidence, style, with_words=True)


def _place(citation: Citation | None, style: Style, *, with_words: bool) -> Iterator[str]:
    """Say where in which version of which source it stands, and perhaps what stands there."""
    if citation is None:
        return
    if with_words:
        yield f"  source: \u201c{_cut(one_line(citation.quote))}\u201d"
    page = f"page {citation.page}, " if citation.page else ""
    where = f"{page}{citation.place + ', ' if citation.place else ''}{line_range(*citation.lines)}"
    span = f"{citation.evidence.start}:{citation.evidence.end}"
    source = one_line(citation.source)
    yield style.dim(
        f"  {style.root}{source}:{span} ({where}; version {citation.evidence.sha256[:12]})"
    )


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1].rstrip()}\u2026"
