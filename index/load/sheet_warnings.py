"""What a spreadsheet holds that its text does not, as a person is told."""

from __future__ import annotations

from dataclasses import dataclass, field

_SHOWN = 10
"""Names of sheets that are told."""


@dataclass
class LeftOut:
    """What was left out, by the names of sheets."""

    sheets: list[str] = field(default_factory=list)
    """Those that are hidden."""
    rows: dict[str, int] = field(default_factory=dict)
    """How many hidden rows."""
    columns: dict[str, int] = field(default_factory=dict)
    """How many hidden columns."""
    formulas: dict[str, int] = field(default_factory=dict)
    """How many formulas without a stored value."""
    cut: dict[str, int] = field(default_factory=dict)
    """The last row that was read of a sheet that is too large."""

    def warnings(self) -> tuple[str, ...]:
        """Say what was left out, and what to do where something can be done."""
        found = []
        if self.sheets:
            kind = "sheet" if len(self.sheets) == 1 else "sheets"
            found.append(f"Hidden, left out: {kind} {_named(self.sheets)}.")
        for what, counts in (("row", self.rows), ("column", self.columns)):
            if counts:
                total = sum(counts.values())
                where = _named(list(counts))
                found.append(
                    f"Hidden, left out: {total:,} {what}{'' if total == 1 else 's'} of {where}."
                )
        if self.formulas:
            found.append(
                f"Formulas without a stored value in {_named(list(self.formulas))}; open the file "
                "in a spreadsheet program and save it."
            )
        found += [
            f"Sheet {name!r} is too large; it is read up to row {row:,}."
            for name, row in list(self.cut.items())[:_SHOWN]
        ]
        return tuple(found)


def _named(names: list[str]) -> str:
    return ", ".join(map(repr, names[:_SHOWN])) + (", …" if len(names) > _SHOWN else "")
