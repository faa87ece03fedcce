"""JSON, YAML, TOML and XML are told by paths of keys; what programs wrote for themselves is not."""

from __future__ import annotations

import pytest

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.loaders import load_bytes
from tests.doubles.loaded_sources import source_of

Told = list[tuple[tuple[str, ...], list[str]]]


def told(text: str, name: str) -> Told:
    """Return headings and quotes of every passage of a file."""
    source = source_of(load_bytes(text.encode(), name=name), name)
    assert source.text == text
    assert source.title == name
    found = chunk(source, ChunkConfig())
    assert {each.kind for each in found} == {"code"}
    return [(each.heading, [span.of(text) for span in each.sentences]) for each in found]


COMPOSE = """\
# The stack.
version: "3.8"

services:
  # The web server.
  web:
    image: nginx:1.25
    ports:
      - "8080:80"
      - "443:443"
    environment:
      MODE: production
      SECRET: {{ .Values.secret }}
      URL: https://example.org/a#b
  db:
    image: postgres:16
    volumes:
    - data:/var/lib
    # As many as there are workers.
    command: >
      postgres -c max_connections=200

      -c note: this is no key
    labels: {a: b, c: d}
    healthcheck: &check
      test: pg_isready
volumes:
  data: {}
"""


def test_yaml_is_headed_by_paths_of_keys() -> None:
    assert told(COMPOSE, "compose.yaml") == [
        ((), ['# The stack.\nversion: "3.8"']),
        (
            ("services.web",),
            [
                "  # The web server.\n  web:",
                "    image: nginx:1.25",
                '    ports:\n      - "8080:80"\n      - "443:443"',
                "    environment:\n      MODE: production\n      SECRET: {{ .Values.secret }}\n"
                "      URL: https://example.org/a#b",
            ],
        ),
        (
            ("services.db",),
            [
                "    image: postgres:16",
                "    volumes:\n    - data:/var/lib",
                "    # As many as there are workers.\n    command: >\n"
                "      postgres -c max_connections=200\n\n      -c note: this is no key",
                "    labels: {a: b, c: d}",
                "    healthcheck: &check\n      test: pg_isready",
            ],
        ),
        ((), ["volumes:\n  data: {}"]),
    ]


def test_documents_of_kubernetes_are_headed_by_kind_and_name() -> None:
    first = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n"
    )
    second = first.replace("Service", "Deployment").replace("name: web", "labels: {}\n  name: api")
    found = told(f"{first}---\n{second}", "all.yml")
    assert [heading for heading, _ in found] == [("Service web",), ("Deployment api",)]
    assert "spec:\n  ports:\n    - port: 80" in found[0][1]


OPENAPI = """\
{"openapi": "3.0", "info": {"title": "Shop", "version": "1"},
 "paths": {
  "/users/{id}": {"get": {"summary": "Gets a user by its \\"id\\"", "responses": {"200": {"description": "The user"}, "404": {"description": "No such user, or [none] of those that there are"}}}},
  // Since 3.0
  "/orders": {"post": {"description": "An order needs at least one item. It is refused when the shop is closed. Shops close at eight in the evening, on Sundays they do not open at all, and nothing can be ordered then by any means at all. Ask the shop."}}
 },
 "users": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]
}
"""  # noqa: E501


def test_json_is_headed_by_paths_of_keys() -> None:
    found = told(OPENAPI, "api.json")
    assert [heading for heading, _ in found] == [
        (),
        ("paths./users/{id}.get",),
        ("paths./orders.post",),
        (),
    ]
    assert found[0][1] == ['"openapi": "3.0",', '"info": {"title": "Shop", "version": "1"},']
    assert found[1][1][0] == '"summary": "Gets a user by its \\"id\\"",'
    assert "It is refused when the shop is closed." in found[2][1]
    assert found[3][1] == [' "users": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]']


def test_a_large_array_is_told_by_its_places() -> None:
    rows = ", ".join(f'{{"id": {n}, "text": "{"words " * 40}"}}' for n in range(3))
    found = told(f'{{"users": [{rows}]}}', "users.json")
    assert [heading for heading, _ in found] == [("users[0]",), ("users[1]",), ("users[2]",)]


def test_lines_of_json_are_records() -> None:
    text = '{"id": 1, "q": "What?"}\n\n{"id": 2, "q": "Who?"}\n'
    assert told(text, "a.jsonl") == [((), text.split("\n")[0:3:2])]


TOML = """\
# top
name = "x"

[project]
# The version.
version = "1.0"
dependencies = [
  "a>1",  # ] no end
  "b",
]
description = "What it is, in so many words that the table is no longer told as a whole, but each key."

[[tool."a.b".items]]
text = '''
long [ text
key = no key
'''
index = 1
"""  # noqa: E501


def test_toml_is_headed_by_its_tables() -> None:
    assert told(TOML, "pyproject.toml") == [
        ((), ['# top\nname = "x"']),
        (
            ("project",),
            [
                '# The version.\nversion = "1.0"',
                'dependencies = [\n  "a>1",  # ] no end\n  "b",\n]',
                TOML.split("\n")[10],
            ],
        ),
        ((), ["\n".join(TOML.split("\n")[12:18])]),
    ]


XML = """\
<?xml version="1.0"?>
<!-- The build. -->
<project xmlns="x">
  <groupId>org.a</groupId>
  <dependencies>
    <dependency><groupId>junit</groupId><version>4</version></dependency>
    <!-- slow -->
    <dependency id="log"><groupId>log4j</groupId><version>2</version></dependency>
  </dependencies>
  <description>This is a <b>long</b> text, <![CDATA[with </b> signs]]>.</description>
  <empty/>
</project>
"""


def test_xml_is_headed_by_its_elements() -> None:
    assert told(XML, "pom.xml") == [
        (("project",), ['<!-- The build. -->\n<project xmlns="x">', "  <groupId>org.a</groupId>"]),
        (
            ("project.dependencies",),
            [
                "    " + XML.split("\n")[5].strip(),
                "    <!-- slow -->\n    " + XML.split("\n")[7].strip(),
            ],
        ),
        (("project",), [*XML.split("\n")[9:11]]),
    ]


def test_json_that_is_not_well_formed_is_plain_text_with_a_note() -> None:
    loaded = load_bytes(b'{"a": [1,\n}\n', name="a.json")
    assert loaded.mime == "text/plain"
    assert loaded.warnings == ("It is not well-formed JSON (line 2); read as plain text.",)


@pytest.mark.parametrize("name", ["a.yaml", "a.toml", "a.xml"])
def test_what_has_no_keys_is_read_all_the_same(name: str) -> None:
    ((_, said),) = told("only plain words\n\nand more\n", name)
    assert " ".join(said).split() == ["only", "plain", "words", "and", "more"]


@pytest.mark.parametrize("name", ["package-lock.json", "pnpm-lock.yaml"])
def test_lists_of_what_is_installed_are_left_out(name: str) -> None:
    with pytest.raises(LoadError, match="it is left out"):
        load_bytes(b'{"a": 1}', name=name)
