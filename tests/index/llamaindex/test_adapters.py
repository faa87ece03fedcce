from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode
from llama_index.vector_stores.chroma import ChromaVectorStore

from index.config import ChunkConfig
from index.embed.minilm import MiniLM, open_minilm
from index.llamaindex.adapters import as_embedding, as_node_parser, as_retriever
from index.protocols import EmbeddingInput, VectorRow
from index.schema import Hit, Passage, Source, passage_id
from index.store.chroma_vectors import ChromaVectors, chroma_name

TEXT = """# Peace

## Conditions

A ceasefire agreement must be signed first. The Security Council then gives a mandate.

## Kitchen

Boil the soup for two hours and stir it often.
"""


def source() -> Source:
    return Source(
        id="s1",
        collection="documents",
        uri="peace.md",
        title="Peace",
        mime="text/markdown",
        sha256="0" * 64,
        text=TEXT,
        url="https://example.org/peace",
        modified=datetime(2025, 4, 1, tzinfo=UTC),
        added_at=datetime(2025, 4, 2, tzinfo=UTC),
    )


def passage(words: str, ordinal: int, *heading: str) -> Passage:
    start = TEXT.index(words)
    return Passage(
        id=passage_id("s1", words),
        source_id="s1",
        ordinal=ordinal,
        start=start,
        end=start + len(words),
        text=words,
        heading=heading,
    )


CONDITIONS = passage(
    "A ceasefire agreement must be signed first. The Security Council then gives a mandate.",
    0,
    "Peace",
    "Conditions",
)
KITCHEN = passage("Boil the soup for two hours and stir it often.", 1, "Peace", "Kitchen")


class Searched:
    """A search that always finds one passage, and notes what it was asked."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def __call__(self, query: str) -> Sequence[Hit]:
        self.queries.append(query)
        return [
            Hit(passage=CONDITIONS, source=source(), dense_rank=1, lexical_rank=None, score=0.75)
        ]


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> MiniLM:
    return open_minilm(tmp_path_factory.mktemp("home"), threads=1)


def test_a_node_says_where_its_text_stands() -> None:
    [found] = as_retriever(Searched()).retrieve("What comes first?")
    node = found.node
    assert (found.score, node.node_id, node.get_content()) == (
        0.75,
        CONDITIONS.id,
        CONDITIONS.text,
    )
    assert TEXT[node.start_char_idx : node.end_char_idx] == CONDITIONS.text
    assert node.ref_doc_id == "s1"
    assert node.metadata == {
        "title": "Peace",
        "heading": "Peace > Conditions",
        "uri": "peace.md",
        "url": "https://example.org/peace",
        "modified": "2025-04-01T00:00:00+00:00",
        "collection": "documents",
        "document_id": "s1",
        "sha256": "0" * 64,
        "start": CONDITIONS.start,
        "end": CONDITIONS.end,
        "lines": [5, 5],
        "dense_rank": 1,
    }


def test_a_language_model_sees_the_title_but_no_offsets() -> None:
    [found] = as_retriever(Searched()).retrieve("What comes first?")
    assert found.node.get_content(metadata_mode=MetadataMode.LLM) == (
        "title: Peace\n"
        "heading: Peace > Conditions\n"
        "uri: peace.md\n"
        "url: https://example.org/peace\n"
        "modified: 2025-04-01T00:00:00+00:00\n"
        "\n" + CONDITIONS.text
    )


def test_a_plain_query_engine_answers_over_the_retriever() -> None:
    searched = Searched()
    engine = RetrieverQueryEngine.from_args(as_retriever(searched), llm=MockLLM())
    answer = engine.query("What comes first?")
    assert searched.queries == ["What comes first?"]
    assert CONDITIONS.text in str(answer)
    assert [found.node.node_id for found in answer.source_nodes] == [CONDITIONS.id]


async def test_retrieving_does_not_block_the_event_loop() -> None:
    entered, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def search(query: str) -> Sequence[Hit]:
        loop.call_soon_threadsafe(entered.set)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(timeout=30)
        return Searched()(query)

    retrieving = asyncio.create_task(as_retriever(search).aretrieve("What comes first?"))
    await entered.wait()
    release.set()
    [found] = await retrieving
    assert found.node.node_id == CONDITIONS.id


def test_the_embedding_gives_the_vectors_of_the_embedder(minilm: MiniLM) -> None:
    adapter = as_embedding(minilm)
    assert adapter.model_name == "minilm"
    texts = ["One ceasefire.", "Two soups.", ""]
    np.testing.assert_allclose(
        adapter.get_text_embedding_batch(texts), minilm.embed(texts), atol=1e-5
    )
    np.testing.assert_allclose(adapter.get_query_embedding("Why?"), minilm.embed(["Why?"])[0])
    np.testing.assert_allclose(adapter.get_text_embedding("Why?"), minilm.embed(["Why?"])[0])


async def test_the_embedding_works_asynchronously(minilm: MiniLM) -> None:
    adapter = as_embedding(minilm)
    expected = minilm.embed(["Why?"])[0]
    np.testing.assert_allclose(await adapter.aget_query_embedding("Why?"), expected)
    np.testing.assert_allclose(await adapter.aget_text_embedding("Why?"), expected)
    [batched] = await adapter.aget_text_embedding_batch(["Why?"])
    np.testing.assert_allclose(batched, expected)


@pytest.fixture
def collection(tmp_path: Path, minilm: MiniLM) -> Any:
    """A collection as the index writes it, opened by Chroma's own client."""
    name = chroma_name("documents")
    vectors = ChromaVectors(tmp_path, texts=True)
    rows = []
    for found in (CONDITIONS, KITCHEN):
        [given] = minilm.embed_passages([EmbeddingInput("Peace", found.text)])
        facts: dict[str, str | int] = {
            "uri": "peace.md",
            "title": "Peace",
            "start": found.start,
            "end": found.end,
        }
        rows.append(VectorRow(found.id, given.passage, found.text, facts))
    gone = VectorRow("gone", rows[0].vector, "What must be signed is gone.", {"uri": "gone.md"})
    vectors.upsert(name, [*rows, gone])
    vectors.delete(name, [gone.id])
    assert vectors.purge()
    vectors.close()
    return chromadb.PersistentClient(
        str(vectors.path), settings=chromadb.Settings(anonymized_telemetry=False)
    ).get_collection(name, embedding_function=None)


def test_a_plain_vector_index_reads_the_collection(collection: Any, minilm: MiniLM) -> None:
    index = VectorStoreIndex.from_vector_store(
        ChromaVectorStore(chroma_collection=collection), embed_model=as_embedding(minilm)
    )
    found = index.as_retriever(similarity_top_k=2).retrieve("What must be signed?")
    assert [each.node.node_id for each in found] == [CONDITIONS.id, KITCHEN.id]
    assert found[0].node.get_content() == CONDITIONS.text
    assert found[0].node.metadata["uri"] == "peace.md"
    assert (found[0].score or 0) > (found[1].score or 0)
    answer = index.as_query_engine(llm=MockLLM(), similarity_top_k=1).query("What must be signed?")
    assert CONDITIONS.text in str(answer)


def test_the_node_parser_keeps_offsets_titles_and_order() -> None:
    document = Document(text=TEXT, metadata={"file_name": "peace.md"}, doc_id="d1")
    nodes = as_node_parser(ChunkConfig(max_tokens=32)).get_nodes_from_documents([document])
    assert len(nodes) > 1
    for node in nodes:
        assert TEXT[node.start_char_idx : node.end_char_idx] == node.get_content()
        assert node.ref_doc_id == "d1"
        assert node.metadata["file_name"] == "peace.md"
    assert nodes[-1].metadata["heading"] == "Peace > Kitchen"
    assert nodes[0].next_node is not None
    assert nodes[0].next_node.node_id == nodes[1].node_id


def test_the_node_parser_gives_the_same_ids_again() -> None:
    document = Document(text=TEXT, doc_id="d1")
    first, second = (
        [node.node_id for node in as_node_parser().get_nodes_from_documents([document])]
        for _ in range(2)
    )
    assert first == second


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="ab. \n#", max_size=400))
def test_offsets_stay_exact_where_text_repeats(text: str) -> None:
    parser = as_node_parser(ChunkConfig(max_tokens=32))
    nodes = parser.get_nodes_from_documents([Document(text=text)])
    ends = [0]
    for node in nodes:
        assert text[node.start_char_idx : node.end_char_idx] == node.get_content()
        assert node.start_char_idx >= ends[-1]
        ends.append(node.end_char_idx)


def test_parser_and_embedding_work_in_an_ingestion_pipeline(minilm: MiniLM) -> None:
    pipeline = IngestionPipeline(transformations=[as_node_parser(), as_embedding(minilm)])
    nodes = pipeline.run(documents=[Document(text=TEXT, metadata={"file_name": "peace.md"})])
    assert {len(node.embedding) for node in nodes} == {384}
