"""A reading room's rules, indexed, for quotations and claims to be held against."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import load_settings
from index.library import Library, open_library

RULES = """# Rules of the reading room

Readers must not take books out of the room. A **fine** of $1,000 is due after 30 days, and
[every book](https://example.org/books?id=7) is counted twice a year.

- The room opens at 9:30.
- It closes at 17:00, except on Fridays.

Nobody may smoke. Smoking harms paper – and read-
ers. The temperature is kept at -5 °C in the vault [3], at 18 °C elsewhere. What the guard says
holds. It is what it is (e.g. `it`).

| Day | Hours |
| --- | --- |
| Monday | 8 |
| Friday | 6 |

## Lending

The head of the library decides on loans. She may, after hearing the board, refuse a loan; she may
not charge for one. Loans end after four weeks. Members shall always return what they borrowed.
"""
TIDES = "The moon pulls the sea twice a day. Neap tides are weak.\n"
GERMAN = "Der Lesesaal ist täglich geöffnet. Das Rauchen ist nicht erlaubt.\n"


@pytest.fixture(scope="module")
def library(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("quotes") / "folder"
    shutil.copytree(indexed_folder, folder)
    for name, text in (("rules.md", RULES), ("tides.txt", TIDES), ("saal.txt", GERMAN)):
        (folder / "documents" / name).write_text(text, encoding="utf-8")
    with open_library(load_settings({}, folder).index) as opened:
        opened.bring_in_step()
        yield opened
