"""How a LlamaIndex reader gets its arguments, and which of its documents are one source."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, List, Optional, Union  # noqa: UP035 - as readers of LlamaHub write it
from uuid import uuid4

import pytest
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document
from llama_index.readers.database import DatabaseReader
from llama_index.readers.wordpress import WordpressReader
from PIL import Image

from index.errors import ConfigurationError, LoadError
from index.llamaindex.document_groups import grouped
from index.llamaindex.reader_calls import Parameters, converted, find_reader, read_documents
from index.llamaindex.reader_process import without_secrets
from index.llamaindex.readers import joined_document
from index.schema import LoadedDocument
from index.sync.reader_arguments import is_secret_name, reader_call, unpacked_call
from index.sync.reader_program import ReadDocument
from index.sync.reader_sources import named_documents, version_of


class Later(BaseReader):  # type: ignore[misc]  # LlamaIndex is not checked
    """Has asynchronous ways only."""

    async def alazy_load_data(self, pages: List[str]) -> AsyncIterator[Document]:  # noqa: UP006
        for page in pages:
            yield Document(text=page)


class Taking(BaseReader):  # type: ignore[misc]
    """Takes some names in both places, and any name when it loads."""

    def __init__(self, folder_id: str, limit: int = 3) -> None:
        self.made = (folder_id, limit)

    def load_data(self, folder_id: Optional[str] = None, **other: Any) -> list[Document]:  # noqa: UP045
        return [Document(text=repr((self.made, folder_id, other)))]


def texts(reader: type[Any], *arguments: tuple[str, str]) -> list[str]:
    return [document.get_content() for document in read_documents(reader, arguments)]


def test_each_argument_goes_to_the_signature_that_has_it() -> None:
    given = ("folder_id", "123"), ("limit", "7"), ("deep", "true"), ("deep", "no")
    assert texts(Taking, *given) == ["(('123', 7), '123', {'deep': [True, 'no']})"]
    assert texts(Later, ("pages", "a"), ("pages", "1")) == ["a", "1"]
    with pytest.raises(LoadError, match=r"refuses its arguments.*It takes: folder_id, \[limit\]"):
        texts(Taking)


@pytest.mark.parametrize(
    ("typed", "annotation", "value"),
    [
        (["12"], str, "12"),
        (["12"], Optional[str], "12"),  # noqa: UP045
        (["12"], int, 12),
        (["12"], List[str], ["12"]),  # noqa: UP006
        (['["a", "b"]'], Optional[List[str]], ["a", "b"]),  # noqa: UP006, UP045
        (["a"], "list[str] | None", ["a"]),
        (["null"], Optional[List[str]], None),  # noqa: UP006, UP045
        (['{"a": 1}'], dict, {"a": 1}),
        (["true"], bool, True),
        (["Berlin"], Any, "Berlin"),
        (["a/b"], Path, Path("a/b")),
        (['["id", ["link", "url"]]'], Iterable[Union[str, tuple[str, str]]],  # noqa: UP007
         ["id", ("link", "url")]),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_what_the_parameter_wants(
    typed: list[str], annotation: object, value: object
) -> None:
    assert converted(typed, annotation) == value


def test_what_cannot_run_is_told_plainly() -> None:
    for named, told in (
        ("llama_index.readers.nowhere.base:A", "`pip install llama-index-readers-nowhere`"),
        ("nowhere.at_all:A", "There is no module 'nowhere.at_all'"),
        ("llama_index.readers.wordpress:A", "There is no class A"),
        ("json:JSONDecoder", "is no reader of LlamaIndex"),
        ("llama_index.core.readers.base:BaseReader", "no way to load anything"),
    ):
        with pytest.raises(LoadError, match=told):
            list(read_documents(find_reader(named), []))
    with pytest.raises(LoadError, match=r"no argument 'site'. It takes: url, \[username\]"):
        texts(WordpressReader, ("site", "x"))


class Needing(BaseReader):  # type: ignore[misc]
    """Needs a package, which it finds out late."""

    def load_data(self, by_hand: bool = False) -> list[Document]:
        if by_hand:
            raise ImportError("`boto3` not found, please run `pip install boto3`")
        import no_such_package.inside  # type: ignore[import-not-found]

        return [Document(text=no_such_package.text)]


def test_a_package_that_a_reader_needs_is_named() -> None:
    needs = r"It needs the package 'MySQLdb', which is not installed beside Quoth\.$"
    with pytest.raises(LoadError, match=needs) as told:
        texts(DatabaseReader, ("uri", "mysql://a@b/c"), ("query", "SELECT 1"))
    assert "refuses" not in told.value.reason
    with pytest.raises(LoadError, match="It needs the package 'no_such_package', which is not"):
        texts(Needing)
    with pytest.raises(
        LoadError, match=r"It needs a package that is not .* \(ImportError: `boto3`"
    ):
        texts(Needing, ("by_hand", "true"))


def test_rows_of_a_database_with_and_without_a_name(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as file:
        file.execute("CREATE TABLE notes (id INTEGER, link TEXT, text TEXT)")
        file.execute("INSERT INTO notes VALUES (7, 'https://a.example/7', 'Two tugs')")
        file.commit()
    given = [("uri", f"sqlite:///{tmp_path}/a.db"), ("query", "SELECT * FROM notes")]
    shown = ('["id"]', '[["link", "url"]]')
    keys = []
    for columns in ([], *([("metadata_cols", column)] for column in shown)):
        ((key, members),) = grouped(
            list(read_documents(DatabaseReader, [*given, *columns])), tmp_path
        )
        keys.append(key)
    assert keys == [None, "7", "a.example/7"]
    loaded = joined_document(members, "a", fallback="DatabaseReader")
    assert loaded is not None
    assert (loaded.text, loaded.url) == (
        "id: 7, link: https://a.example/7, text: Two tugs",
        "https://a.example/7",
    )


def test_documents_of_one_original_are_one_source(tmp_path: Path) -> None:
    page_id = str(uuid4())
    documents = [
        Document(text="# A\n\nOne", metadata={"folder_path": f"{tmp_path}/n", "file_name": "a.md"}),
        Document(text="p1", metadata={"file_path": f"{tmp_path}/b.pdf", "page_label": "1"}),
        Document(text="Two", metadata={"folder_path": f"{tmp_path}/n", "file_name": "a.md"}),
        Document(text="p2", metadata={"file_path": f"{tmp_path}/b.pdf", "page_label": "2"}),
        Document(text="Notion", id_=page_id, metadata={"page_id": page_id}),
        Document(text="X", id_="x1", metadata={"url": "https://e.org/same", "date": "2026-01-02"}),
        Document(text="Y", id_="x2", metadata={"url": "https://e.org/same"}),
        Document(text="<!DOCTYPE html><title>T</title><main><h1>Hall</h1><p>Text.</p></main>"),
    ]
    found = grouped(documents, tmp_path)
    keys = ["n/a.md", "b.pdf", page_id, "x1", "x2", None]
    assert [key for key, _ in found] == keys
    made = [joined_document(members, "name", fallback="Reader") for _, members in found]
    note, book, _, dated, _, page = [each for each in made if each is not None]
    assert (note.text, note.mime, note.title) == ("# A\n\nOne\n\nTwo", "text/markdown", "A")
    assert [span.of(book.text) for span in book.pages] == ["p1", "p2"]
    assert dated.modified is not None
    assert dated.modified.isoformat() == "2026-01-02T00:00:00+00:00"
    assert (page.title, page.text) == ("Hall", "# Hall\n\nText.")


def test_a_document_without_a_name_keeps_the_one_that_its_text_had() -> None:
    def brought(*names: str) -> list[ReadDocument]:
        return [
            ReadDocument(None, LoadedDocument(text=name, title="t", mime="text/plain"))
            for name in names
        ]

    def versions(named: dict[str, LoadedDocument]) -> dict[str, str]:
        return {uri: version_of(document) for uri, document in named.items()}

    first = named_documents("R://", brought("a", "b", "b", "c"), {})
    assert [(uri, each.text) for uri, each in first.items()] == [
        ("R://document 1", "a"), ("R://document 2", "b"), ("R://document 3", "c"),
    ]  # fmt: skip
    again = named_documents("R://", brought("c", "new", "a", "B", "d"), versions(first))
    assert {uri: each.text for uri, each in again.items()} == {
        "R://document 1": "a", "R://document 3": "c", "R://document 2": "new",
        "R://document 4": "B", "R://document 5": "d",
    }  # fmt: skip


def test_a_call_is_kept_without_its_secrets() -> None:
    call = reader_call("a.b:C", ["url=x=y", "api_token=env:TOKEN", "space_key=DS"], "/team")
    assert unpacked_call(call.reader, call.packed, call.folder) == call
    shell = {"TOKEN": '{"access_token": "abcdef", "host": "e"}'}
    assert call.values(shell)[1] == ("api_token", shell["TOKEN"])
    hidden = without_secrets(f"Bad abcdef in {shell['TOKEN']}", call.secrets(shell))
    assert hidden == "Bad (a secret) in (a secret)"
    names = "api_token apiKey key CLIENT_SECRET password credentials service_account_key PAT"
    assert all(map(is_secret_name, names.split()))
    plain = "space_key max_tokens token_path credentials_path page_ids keyword primary_key author"
    assert not any(map(is_secret_name, plain.split()))


@pytest.mark.parametrize("errors", ["ignore", "replace"])
def test_a_picture_that_a_reader_took_for_text_is_refused(tmp_path: Path, errors: str) -> None:
    for kind, told in (("PNG", "a PNG image"), ("JPEG", "a JPEG image"), ("PDF", "a PDF")):
        path = tmp_path / f"picture.{kind.lower()}"
        Image.effect_noise((40, 40), 80).save(path, kind)
        text = path.read_text(encoding="utf-8", errors=errors)
        with pytest.raises(LoadError, match=f"It is {told}, which its reader took"):
            joined_document([Document(text=text)], path.name, fallback="Reader")
    cyrillic = "Правила порта".encode("cp1251").decode("utf-8", "replace")
    with pytest.raises(LoadError, match="a text in another encoding"):
        joined_document([Document(text=cyrillic)], "a.txt", fallback="Reader")
    for text in ("PNG is a format. GIF8 is not.", "caf\ufffd au lait\x0c und \x1b[1mTee\x1b[0m"):
        assert joined_document([Document(text=text)], "a.txt", fallback="Reader")


TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    "typed",
    [
        "texts=https://x.example/?api_key=abcdef123456",
        'texts=["https://x.example/a?page=2&access_token=abc"]',
        "texts=See https://x.example/a?x=1;sig=abc and more",
        "texts=https://x.example/#X-Amz-Signature=abc",
        "texts=https://x.example/?api%5Fkey=abc",
        f"query=select '{TOKEN}' as t",
        f"query=select * from t where auth = 'Bearer {'a1' * 10}'",
        "uri=postgresql://h/db?password=abc123",
        "uri=host=h dbname=d password=abc123",
        "uri=see mysql://ada:pw@h/d",
        "url=sk-abc",
    ],
)
def test_a_secret_inside_of_a_value_is_not_taken(typed: str) -> None:
    with pytest.raises(ConfigurationError, match="looks like a secret, which is not written down"):
        reader_call("a.b:C", [typed], "/team")


@pytest.mark.parametrize(
    "typed",
    [
        "query=select key, token from secret_words where key=5 and task = 'sk-learn'",
        "query=SELECT bearer certificates FROM secret_word_list_of_the_team",
        "urls=https://e.org/?page=2&keyword=tugs&token_path=a&key=",
        "uri=sqlite:///team.db?mode=ro",
        "space_key=DS",
    ],
)
def test_what_only_speaks_of_secrets_is_taken(typed: str) -> None:
    (argument,) = reader_call("a.b:C", [typed], "/team").arguments
    assert str(argument) == typed


def test_a_secret_of_an_address_that_a_variable_holds_is_hidden() -> None:
    call = reader_call("a.b:C", ["uri=env:URI"], "/team")
    shell = {"URI": "postgresql://ada:pass-word@h/db?sslpassword=abcdef"}
    hidden = without_secrets("pass-word, abcdef", call.secrets(shell))
    assert hidden == "(a secret), (a secret)"


RECIPES = re.findall(
    r"--reader (llama_index\.readers\.\w+:\w+)(.*?)```",
    (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8"),
    re.DOTALL,
)


@pytest.mark.long
@pytest.mark.parametrize(("reader", "options"), RECIPES, ids=[reader for reader, _ in RECIPES])
def test_a_recipe_names_parameters_that_the_reader_has(reader: str, options: str) -> None:
    pytest.importorskip(reader.partition(":")[0])
    found = find_reader(reader)
    takers = [Parameters.of(found), Parameters.of(found.load_data)]
    names = set(re.findall(r"--arg (\w+)=", options))
    assert names
    assert names <= takers[0].named.keys() | takers[1].named.keys()
