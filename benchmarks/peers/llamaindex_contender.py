"""LlamaIndex: its ingestion pipeline into Chroma, and a retriever over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.contender import RESULTS, made_up_vector, model_folder


class LlamaIndexContender:
    """`SentenceSplitter` at 256 word pieces, `HuggingFaceEmbedding`, `ChromaVectorStore`."""

    def __init__(self, home: Path) -> None:
        import chromadb
        from llama_index.core import VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.vector_stores.chroma import ChromaVectorStore

        self._embedding = HuggingFaceEmbedding(model_name=str(model_folder()), device="cpu")
        client = chromadb.PersistentClient(str(home))
        self._collection = client.get_or_create_collection("peer")
        self._store: Any = ChromaVectorStore(chroma_collection=self._collection)
        index = VectorStoreIndex.from_vector_store(self._store, embed_model=self._embedding)
        self._retriever: Any = index.as_retriever(similarity_top_k=RESULTS)

    def index(self, folder: Path) -> int:
        from llama_index.core import SimpleDirectoryReader
        from llama_index.core.ingestion import IngestionPipeline
        from llama_index.core.node_parser import SentenceSplitter

        pipeline = IngestionPipeline(
            transformations=[
                SentenceSplitter(chunk_size=256, chunk_overlap=20),
                self._embedding,
            ],
            vector_store=self._store,
        )
        pipeline.run(documents=SimpleDirectoryReader(str(folder)).load_data())
        return int(self._collection.count())

    def fill(self, passages: Sequence[str]) -> int:
        from llama_index.core.schema import TextNode

        for start in range(0, len(passages), 1000):
            some = passages[start : start + 1000]
            self._store.add([TextNode(text=t, embedding=made_up_vector(t)) for t in some])
        return int(self._collection.count())

    def search(self, question: str) -> int:
        return len(self._retriever.retrieve(question))
