"""Prompt files with `$slots`.

A folder may override any of them by a file of the same name; the rest stay as they ship. Slots
are filled once and never read again, so that `$`, `{}` and `{{` inside a document mean nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

SLOTS: dict[str, frozenset[str]] = {
    "system": frozenset({"not_in_sources", "missing"}),
    "answer": frozenset({"question", "passages"}),
    "condense": frozenset({"history", "question"}),
}
"""The prompts there are, and the slots that each must have and may not exceed."""


class PromptFileError(ValueError):
    """A prompt file that cannot be read, lacks a slot or has an unknown one."""


@dataclass(frozen=True)
class Prompts:
    """The three prompts, checked."""

    system_template: Template
    answer_template: Template
    condense_template: Template

    def system(self, *, not_in_sources: str, missing: str) -> str:
        """Return the standing instructions."""
        return self.system_template.substitute(not_in_sources=not_in_sources, missing=missing)

    def answer(self, *, question: str, passages: str) -> str:
        """Return the request to answer `question` from `passages`."""
        return self.answer_template.substitute(question=question, passages=passages)

    def condense(self, *, history: str, question: str) -> str:
        """Return the request to make `question` stand on its own."""
        return self.condense_template.substitute(history=history, question=question)


def load(folder: Path | None = None) -> Prompts:
    """Read the prompts, those in `folder` before the ones that ship.

    Raises PromptFileError with one sentence that names the file.
    """
    if folder is not None:
        _check_names(folder)
    return Prompts(
        system_template=_template("system", folder),
        answer_template=_template("answer", folder),
        condense_template=_template("condense", folder),
    )


def _check_names(folder: Path) -> None:
    """Refuse a folder that is none, and a file whose name no prompt has."""
    if not folder.is_dir():
        raise PromptFileError(
            f"The prompt folder {str(folder)!r} is not there. Create it, or unset QUOTH_PROMPTS."
        )
    known = {f"{name}.md" for name in SLOTS}
    strange = sorted({path.name for path in folder.glob("*.md")} - known - {"README.md"})
    if strange:
        raise PromptFileError(
            f"{str(folder / strange[0])!r} is no prompt. The names are {', '.join(sorted(known))}."
        )


def _template(name: str, folder: Path | None) -> Template:
    path = None if folder is None else folder / f"{name}.md"
    if path is not None and path.exists():
        text, shown = _read(path), str(path)
    else:
        text, shown = files(__name__).joinpath(f"{name}.md").read_text("utf-8"), f"{name}.md"
    template = Template(text)
    _check_slots(template, shown, SLOTS[name])
    return template


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptFileError(
            f"The prompt {str(path)!r} cannot be read ({error}). Save it as UTF-8 text."
        ) from None


def _check_slots(template: Template, shown: str, wanted: frozenset[str]) -> None:
    if not template.is_valid():
        raise PromptFileError(
            f"The prompt {shown!r} has a stray `$`. Write `$$` for the character."
        )
    found = set(template.get_identifiers())
    if lacking := sorted(wanted - found):
        raise PromptFileError(f"The prompt {shown!r} lacks the slot `${lacking[0]}`. Add it.")
    if unknown := sorted(found - wanted):
        raise PromptFileError(
            f"The prompt {shown!r} has the unknown slot `${unknown[0]}`. "
            f"It may have {', '.join(f'`${slot}`' for slot in sorted(wanted))}."
        )
