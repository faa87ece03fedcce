"""Whether the files of added documents can be kept and fetched where they are to be."""

from __future__ import annotations

from bot.cli.health_examination import Finding, Patient
from bot.cli.terminal_text import size_text
from index.text.shown_address import shown_address


def files_finding(patient: Patient) -> Finding:
    """Try the address for files with a file of no document; no key is told."""
    settings, library = patient.settings, patient.library
    if settings.files is None:
        if count := len(library.stored_originals()):
            advice = "Set QUOTH_FILES again, or copy them into the folder `originals` of the home."
            detail = f"{_files(count)} kept at an address, but QUOTH_FILES is not set"
            return Finding("problem", detail, advice)
        is_kept = settings.keep_originals == "on"
        return Finding("off", "kept in the home" if is_kept else "none are kept")
    shown = shown_address(settings.files.get_secret_value())
    state = library.files_state()
    assert state is not None
    detail = f"{shown} can be read and written; {_files(state.kept)}, {size_text(state.bytes)}"
    if state.missing:
        detail += f"; {_files(state.missing)} missing there"
        advice = "Copy them there from where they were, or add their documents again."
        return Finding("problem", detail, advice)
    if state.waiting:
        detail += f"; {_files(state.waiting)} still in the home, which `quoth sync` moves"
    if state.unknown:
        detail += f"; {_files(state.unknown)} of no document here, as after restoring a backup"
    return Finding("ok", detail)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
