"""Index question sets for `benchmarks.fit`: `python -m benchmarks.index_sets SETS HOMES`.

A set is a file of texts (`NAME/docs.jsonl`) or a folder of documents (`real/NAME/documents`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.corpus import COLLECTION
from bot.evaluation.question_file import read_documents
from bot.settings import load_settings
from index.library import open_library


def main() -> None:
    """Index the documents of every set into a home of the same name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path, help="a folder with NAME/docs.jsonl for each set")
    parser.add_argument("homes", type=Path)
    given = parser.parse_args()
    for documents in sorted(given.sets.glob("*/docs.jsonl")):
        home = given.homes / documents.parent.name
        settings = load_settings({"QUOTH_HOME": str(home), "QUOTH_THREADS": "1"}, Path.cwd())
        with open_library(settings.index) as library:
            report = library.synchroniser.add(COLLECTION, list(read_documents(documents)))
        print(f"{documents.parent.name}: {report.passages} passages")
    for folder in sorted(given.sets.glob("real/*/documents")):
        home = given.homes / folder.parent.name
        environment = {"QUOTH_HOME": str(home), "QUOTH_DOCUMENTS": str(folder)}
        settings = load_settings(environment | {"QUOTH_THREADS": "1"}, Path.cwd())
        with open_library(settings.index) as library:
            report = library.sync(COLLECTION)
        print(f"{folder.parent.name}: {report.passages} passages")


if __name__ == "__main__":
    main()
