"""Lay out the sets of questions that were written for the selector.

    python -m training.written_questions layout CLONES OUT
    python -m training.written_questions pack SET REPOSITORY COMMIT LICENCE

Beside this module, `questions/NAME.jsonl` holds questions that were written by hand for documents
of public repositories, with where in which file the answers stand; the documents themselves are not
part of this repository. `layout` takes them from CLONES, a folder with a clone of each repository
as OWNER+NAME (bare or not), by their hashes, and writes sets as `benchmarks.index_sets` reads
them: OUT/real/tNAME. `pack` makes such a file of a set with documents/ and questions.jsonl.
"""

import argparse
import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

QUESTIONS = Path(__file__).parent / "questions"


def blob_of(content: bytes) -> str:
    """Return the name under which Git keeps a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def packed(question: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return a question with the places of its spans in place of their words."""
    answers = [
        {
            "file": answer["file"],
            "spans": [place(texts[answer["file"]], s) for s in answer["spans"]],
        }
        for answer in question["answers"]
    ]
    return {**question, "answers": answers}


def unpacked(question: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return a question with the words of its spans, the reverse of `packed`."""
    answers = [
        {
            "file": answer["file"],
            "spans": [texts[answer["file"]][start:end] for start, end in answer["spans"]],
        }
        for answer in question["answers"]
    ]
    return {**question, "answers": answers}


def place(text: str, span: str) -> tuple[int, int]:
    """Return where a span first stands in a text; raises ValueError where it does not."""
    start = text.index(span)
    return start, start + len(span)


def pack(folder: Path, repository: str, commit: str, licence: str) -> None:
    """Write the questions of a set beside this module."""
    files = {
        path.relative_to(folder / "documents").as_posix(): path.read_bytes()
        for path in sorted((folder / "documents").rglob("*"))
        if path.is_file()
    }
    texts = {name: content.decode() for name, content in files.items()}
    head = {
        "set": folder.name,
        "repository": repository,
        "commit": commit,
        "licence": licence,
        "files": {name: blob_of(content) for name, content in files.items()},
    }
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [packed({**json.loads(line), "note": ""}, texts) for line in lines]
    QUESTIONS.mkdir(exist_ok=True)
    with (QUESTIONS / f"{folder.name}.jsonl").open("w", encoding="utf-8") as out:
        for row in (head, *rows):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def lay_out(file: Path, clones: Path, out: Path) -> None:
    """Write one set as a folder, its documents taken from a clone."""
    head, *rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    folder = out / "real" / f"t{head['set']}"
    clone = clones / head["repository"].replace("/", "+")
    texts = {}
    for name, blob in head["files"].items():
        content = subprocess.run(
            ["git", "-C", str(clone), "cat-file", "blob", blob], check=True, capture_output=True
        ).stdout
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        texts[name] = content.decode()
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as written:
        for row in rows:
            written.write(json.dumps(unpacked(row, texts), ensure_ascii=False) + "\n")


def main() -> None:
    """Lay out every set, or pack one."""
    parser = argparse.ArgumentParser(description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)
    one = stages.add_parser("layout")
    one.add_argument("clones", type=Path)
    one.add_argument("out", type=Path)
    two = stages.add_parser("pack")
    two.add_argument("set", type=Path)
    for name in ("repository", "commit", "licence"):
        two.add_argument(name)
    given = parser.parse_args()
    if given.stage == "pack":
        pack(given.set, given.repository, given.commit, given.licence)
        return
    for file in sorted(QUESTIONS.glob("*.jsonl")):
        lay_out(file, given.clones, given.out)


if __name__ == "__main__":
    main()
