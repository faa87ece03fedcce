"""Documents in ZIP archives: each is a source, read alone if it changed, gone with its archive."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from index.load import zip_archive
from index.load.archive_names import archive_of
from index.load.checked_archive import MOST_MEMBERS
from index.load.zip_archive import scan_with_archives
from tests.doubles.homes import Home, contents, open_home, put


def packed(members: Mapping[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2024, 5, 1, 12, 0, 0))
            archive.writestr(info, data, compress_type=method)
    return held.getvalue()


ODF = "application/vnd.oasis.opendocument."

MEMBERS = {
    "board/rules.txt": "The board has five members.",
    "board/2024/minutes.txt": "The board met in May.",
    "fox.txt": "The red fox.",
    "owl.md": "# Owls\n\nOwls sleep by day.",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of an archive of four documents and one beside it."""
    put(tmp_path / "docs" / "a" / "export.zip", packed(MEMBERS))
    put(tmp_path / "docs" / "beside.txt", "It lies beside.")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        assert opened.sync() == {"added": 5, "passages": 5}
        opened.embedder.passages.clear()
        yield opened


def sources(home: Home) -> dict[str, str]:
    return {entry.uri: entry.state for entry in home.catalog.sources("documents")}


def repack(home: Home, **changes: str | None) -> None:
    members = {
        name: text
        for name, text in (MEMBERS | {k.replace("__", "/"): v for k, v in changes.items()}).items()
        if text is not None
    }
    put(home.documents / "a" / "export.zip", packed(members))


def test_members_are_sources_that_change_one_by_one(home: Home) -> None:
    assert sources(home) == {
        "a/export.zip/board/2024/minutes.txt": "ready", "a/export.zip/board/rules.txt": "ready",
        "a/export.zip/fox.txt": "ready", "a/export.zip/owl.md": "ready", "beside.txt": "ready",
    }  # fmt: skip
    owls = home.catalog.find_source(["documents"], "a/export.zip/owl.md")
    assert (owls.title, owls.mime) == ("Owls", "text/markdown")
    assert owls.modified is not None
    assert owls.modified.year == 2024
    assert home.sync() == {"unchanged": 5, "passages": 5}
    repack(home, **{"fox.txt": "The shy fox.", "new.txt": "It is new.", "owl.md": None})
    assert home.sync() == {"added": 1, "updated": 1, "removed": 1, "unchanged": 3, "passages": 5}
    assert len(home.embedder.passages) == 2
    with open_home(home.path.parent / "fresh", home.documents) as fresh:
        fresh.sync()
        assert contents(home) == contents(fresh)


def test_an_archive_that_is_deleted_is_one_file_that_is_deleted(home: Home) -> None:
    put(home.documents / "a" / "other.txt", "Another.")
    home.sync()
    (home.documents / "a" / "export.zip").unlink()
    assert home.sync() == {"removed": 4, "unchanged": 2, "passages": 2}


def test_an_archive_that_is_emptied_was_emptied_on_purpose(home: Home) -> None:
    put(home.documents / "a" / "export.zip", packed({"owl.md": MEMBERS["owl.md"]}))
    assert home.sync() == {"removed": 3, "unchanged": 2, "passages": 2}


def test_an_archive_that_is_damaged_leaves_its_documents_stale(home: Home) -> None:
    whole = (home.documents / "a" / "export.zip").read_bytes()
    put(home.documents / "a" / "export.zip", whole[:-30])
    (failed,) = home.sync()["failed"]
    assert failed == {
        "source": "a/export.zip", "reason": "It is no ZIP archive, or only the beginning of one.",
    }  # fmt: skip
    assert sorted(sources(home).values()) == ["failed", "ready", *["stale"] * 4]
    put(home.documents / "a" / "export.zip", whole)
    assert home.sync() == {"unchanged": 5, "passages": 5}
    assert set(sources(home).values()) == {"ready"}
    assert home.embedder.passages == []


def test_bytes_that_do_not_fit_their_checksum_are_not_read(tmp_path: Path) -> None:
    data = packed(MEMBERS, method=zipfile.ZIP_STORED).replace(b"The red fox.", b"The bad fox.")
    put(tmp_path / "docs" / "x.zip", data)
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        report = home.sync()
    assert (report["added"], [each["source"] for each in report["failed"]]) == (
        3,
        ["x.zip/fox.txt"],
    )
    assert report["failed"][0]["reason"] == "It is damaged, or was changed while it was read."


def found(folder: Path, data: bytes) -> tuple[list[str], dict[str, str], list[str]]:
    put(folder / "x.zip", data)
    scanned = scan_with_archives(folder)
    return (
        [each.uri for each in scanned.files],
        {each.source: each.reason.split(";")[0] for each in scanned.failures},
        [each.uri for each in scanned.skipped],
    )


def test_names_are_harmless_and_what_is_hidden_is_left_out(tmp_path: Path) -> None:
    names = {
        "../../etc/passwd.txt": "x", "/root.txt": "x", "a\\b.txt": "x", "./c//d.txt": "x",
        "__MACOSX/._c.txt": "x", ".DS_Store": "x", "sub/.hidden/e.txt": "x", "~$lock.txt": "x",
        "photo.gif": "x", "inner.ZIP": "PK", "notes.one": "x", "folder/": "", "über.txt": "x",
    }  # fmt: skip
    files, failures, skipped = found(tmp_path, packed(names))
    assert files == [
        "x.zip/a/b.txt", "x.zip/c/d.txt", "x.zip/etc/passwd.txt", "x.zip/root.txt",
        "x.zip/über.txt",
    ]  # fmt: skip
    assert failures["x.zip/inner.ZIP"] == "It is an archive in an archive"
    assert failures["x.zip/notes.one"].startswith("Files ending in '.one'")
    assert skipped == ["x.zip/photo.gif"]


@pytest.mark.parametrize("code", ["utf-8", "cp437"])
def test_names_without_a_mark_are_read_as_they_were_meant(tmp_path: Path, code: str) -> None:
    data = packed({"zzzzzzz.txt": "x"}).replace(
        b"zzzzzzz", "übér-5".encode(code).ljust(7, b"_")[:7]
    )
    name = "übér-5".encode(code).ljust(7, b"_")[:7].decode(code, "replace")
    assert found(tmp_path, data)[0] == [f"x.zip/{name}.txt"]


def test_bombs_are_named_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path, packed({"zeros.txt": bytes(20_000_000), "good.txt": "Good."})) == (
        ["x.zip/good.txt"],
        {"x.zip/zeros.txt": "It is packed to less than a part in 200, as no document is."},
        [],
    )
    many = packed({f"{number}.txt": "" for number in range(MOST_MEMBERS + 1)})
    assert "10000 files" in found(tmp_path, many)[1]["x.zip"]
    end = many.rindex(b"PK\5\6")
    lying = many[: end + 12] + struct.pack("<L", 2**31) + many[end + 16 :]
    assert "10000 files" in found(tmp_path, lying)[1]["x.zip"]
    monkeypatch.setattr(zip_archive, "MOST_BYTES", 10)
    assert "unpacked" in found(tmp_path, packed(MEMBERS))[1]["x.zip"]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (
            {"[Content_Types].xml": "x", "word/document2.xml": "x"},
            "a Word document",
        ),
        ({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}, "an Excel workbook"),
        ({"[Content_Types].xml": "x", "ppt/presentation.xml": "x"}, "a PowerPoint presentation"),
        ({"mimetype": "application/epub+zip", "a/content.opf": "x"}, "an EPUB book"),
        ({"mimetype": f"{ODF}text", "content.xml": "x"}, "an OpenDocument text"),
        ({"mimetype": f"{ODF}spreadsheet-template"}, "an OpenDocument spreadsheet"),
    ],
)
def test_a_document_that_is_named_as_an_archive_is_told(
    tmp_path: Path, members: dict[str, str], told: str
) -> None:
    files, failures, _ = found(tmp_path, packed(members))
    assert (files, failures) == ([], {"x.zip": f"It is {told} under the name of an archive"})


def test_what_looks_like_a_document_inside_is_an_archive(tmp_path: Path) -> None:
    members = {"mimetype": "text/plain", "word/list.txt": "x", "a/[Content_Types].xml": "<x/>"}
    assert "x.zip/word/list.txt" in found(tmp_path, packed(members))[0]


def test_the_archive_in_the_beginning_of_one_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    inner = packed({"inner.txt": "It is inside."})
    outer = packed({"a.txt": "x", "inner.zip": inner, "b.txt": "y"}, method=zipfile.ZIP_STORED)
    end_of_inner = outer.index(inner) + len(inner)
    for length in (end_of_inner, end_of_inner + 20, outer.index(b"PK\1\2", end_of_inner) + 60):
        files, failures, _ = found(tmp_path, outer[:length])
        assert (files, list(failures)) == ([], ["x.zip"])
        assert "only the beginning of one" in failures["x.zip"]
    assert found(tmp_path, b"#!/bin/sh\n" + packed({"a.txt": "x"}))[0] == ["x.zip/a.txt"]
    assert found(tmp_path, packed({})) == ([], {}, [])


def test_encrypted_documents_and_strange_packings_are_named(tmp_path: Path) -> None:
    data = bytearray(packed({"a.txt": "secret", "b.txt": "open"}))
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1
    files, failures, _ = found(tmp_path, bytes(data))
    assert files == ["x.zip/b.txt"]
    assert failures == {"x.zip/a.txt": "It is encrypted"}
    data = bytearray(packed({"a.txt": "strange"}))
    for signature, method in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        data[data.index(signature) + method] = 97
    put(tmp_path / "docs" / "x.zip", bytes(data))
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        (failed,) = home.sync()["failed"]
    assert failed["source"] == "x.zip/a.txt"
    assert failed["reason"].startswith("It is packed in a way that is not read")


def test_a_document_knows_its_archive() -> None:
    assert archive_of("a/b.zip/c/d.zip/e.md") == "a/b.zip"
    assert archive_of("a/b.zip") == "a/b.zip"
    assert archive_of("a/B.ZIP/c.md") == "a/B.ZIP"
