"""LlamaIndex adapters: any LlamaIndex application can use this index, or parts of it.

Each function returns an object of LlamaIndex's own class around something of ours. The classes are
made inside the functions, because importing LlamaIndex takes seconds. Asynchronous calls run in a
thread, where LlamaIndex's base classes would block the event loop.

The collections in Chroma can also be read without these adapters, by `ChromaVectorStore`, with
`as_embedding` as the model for questions.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from index.chunk.chunker import TokenCounter, chunk, estimate_tokens
from index.config import ChunkConfig
from index.protocols import Embedder, EmbeddingInput
from index.schema import Hit, Passage, Source

if TYPE_CHECKING:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.node_parser import NodeParser
    from llama_index.core.schema import NodeWithScore

HIDDEN = (
    "collection",
    "document_id",
    "sha256",
    "start",
    "end",
    "lines",
    "dense_rank",
    "lexical_rank",
)
"""Metadata for the application, not for an embedding model or a language model."""
EMBED_BATCH = 128
MARKDOWN_SUFFIXES = (".md", ".markdown")


def as_retriever(search: Callable[[str], Sequence[Hit]]) -> BaseRetriever:
    """Wrap a search as a LlamaIndex retriever; its nodes carry where their text stands."""
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import QueryBundle

    class QuothRetriever(BaseRetriever):  # type: ignore[misc]
        """Retrieves passages of the index."""

        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return [_scored(hit) for hit in search(query_bundle.query_str)]

        def _aretrieve(self, query_bundle: QueryBundle) -> Awaitable[list[NodeWithScore]]:
            return asyncio.to_thread(self._retrieve, query_bundle)

    return QuothRetriever()


def as_embedding(embedder: Embedder) -> BaseEmbedding:
    """Wrap an embedder as a LlamaIndex embedding model."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class QuothEmbedding(BaseEmbedding):  # type: ignore[misc]
        """Embeds as the index does."""

        def _get_query_embedding(self, query: str) -> list[float]:
            vector: list[float] = embedder.embed([query])[0].tolist()
            return vector

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            found = embedder.embed_passages([EmbeddingInput("", text) for text in texts])
            return [vectors.passage.tolist() for vectors in found]

        def _aget_query_embedding(self, query: str) -> Awaitable[list[float]]:
            return asyncio.to_thread(self._get_query_embedding, query)

        def _aget_text_embedding(self, text: str) -> Awaitable[list[float]]:
            return asyncio.to_thread(self._get_text_embedding, text)

        def _aget_text_embeddings(self, texts: list[str]) -> Awaitable[list[list[float]]]:
            return asyncio.to_thread(self._get_text_embeddings, texts)

    return QuothEmbedding(model_name=embedder.model, embed_batch_size=EMBED_BATCH)


def as_node_parser(
    config: ChunkConfig | None = None, *, count_tokens: TokenCounter = estimate_tokens
) -> NodeParser:
    """Wrap the chunker as a LlamaIndex node parser; its nodes have exact offsets.

    A document's `file_type`, `file_name` and `title` metadata are used where they are present.
    """
    from llama_index.core.node_parser import NodeParser
    from llama_index.core.schema import BaseNode

    chosen = config or ChunkConfig()

    class QuothNodeParser(NodeParser):  # type: ignore[misc]
        """Cuts documents by their structure."""

        def _parse_nodes(
            self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any
        ) -> list[BaseNode]:
            return [
                _node_of(passage, node)
                for node in nodes
                for passage in chunk(_source_of(node), chosen, count_tokens=count_tokens)
            ]

        def _postprocess_parsed_nodes(
            self, nodes: list[BaseNode], parent_doc_map: dict[str, Any]
        ) -> list[BaseNode]:
            # LlamaIndex looks for the text again, and finds an earlier place where it repeats.
            offsets = [(node.start_char_idx, node.end_char_idx) for node in nodes]
            done: list[BaseNode] = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
            for node, (start, end) in zip(done, offsets, strict=True):
                node.start_char_idx, node.end_char_idx = start, end
            return done

    return QuothNodeParser()


def _scored(hit: Hit) -> NodeWithScore:
    """Return a hit as a scored node."""
    from llama_index.core.schema import NodeWithScore, RelatedNodeInfo

    passage, source = hit.passage, hit.source
    facts = {
        "title": source.title,
        "heading": " > ".join(passage.heading),
        "uri": source.uri,
        "url": source.url,
        "page": passage.page,
        "modified": source.modified.isoformat() if source.modified else None,
        "collection": source.collection,
        "document_id": source.id,
        "sha256": source.sha256,
        "start": passage.start,
        "end": passage.end,
        "lines": list(source.lines_of(passage.span)),
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
    }
    node = _text_node(
        passage,
        RelatedNodeInfo(node_id=source.id),
        metadata={name: fact for name, fact in facts.items() if fact not in (None, "")},
        excluded_llm_metadata_keys=list(HIDDEN),
        excluded_embed_metadata_keys=list(HIDDEN),
    )
    return NodeWithScore(node=node, score=hit.score)


def _node_of(passage: Passage, document: Any) -> Any:
    """Return a passage as a node of the document it was cut from."""
    return _text_node(
        passage,
        document.as_related_node_info(),
        metadata={"heading": " > ".join(passage.heading)} if passage.heading else {},
        excluded_llm_metadata_keys=document.excluded_llm_metadata_keys,
        excluded_embed_metadata_keys=document.excluded_embed_metadata_keys,
    )


def _text_node(passage: Passage, source: Any, **about: Any) -> Any:
    """Return the text of a passage with its place in its source."""
    from llama_index.core.schema import NodeRelationship, TextNode

    return TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        relationships={NodeRelationship.SOURCE: source},
        **about,
    )


def _source_of(document: Any) -> Source:
    """Return a LlamaIndex document as a source, for the chunker."""
    text = document.get_content()
    facts = document.metadata
    name = str(facts.get("file_name") or document.node_id)
    plain = "text/markdown" if name.endswith(MARKDOWN_SUFFIXES) else "text/plain"
    return Source(
        id=document.node_id,
        collection="",
        uri=name,
        title=str(facts.get("title") or name),
        mime=str(facts.get("file_type") or plain),
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        text=text,
        added_at=datetime.now(UTC),
    )
