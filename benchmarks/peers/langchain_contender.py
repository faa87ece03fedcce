"""LangChain: its recursive splitter, sentence-transformers and Chroma."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.contender import RESULTS, WORDS_OF_PASSAGE, made_up_vector, model_folder

CHARACTERS_OF_WORD = 6
"""With the space behind it; the splitter counts characters."""


class LangChainContender:
    """`RecursiveCharacterTextSplitter`, `HuggingFaceEmbeddings`, `langchain_chroma.Chroma`."""

    def __init__(self, home: Path) -> None:
        from langchain_chroma import Chroma
        from langchain_huggingface import HuggingFaceEmbeddings

        embeddings = HuggingFaceEmbeddings(
            model_name=str(model_folder()), encode_kwargs={"normalize_embeddings": True}
        )
        self._chroma: Any = Chroma(
            "peer", embedding_function=embeddings, persist_directory=str(home)
        )

    def index(self, folder: Path) -> int:
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(
            chunk_size=WORDS_OF_PASSAGE * CHARACTERS_OF_WORD, chunk_overlap=100
        )
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
        cut = splitter.create_documents(texts)
        for start in range(0, len(cut), 1000):
            self._chroma.add_documents(cut[start : start + 1000])
        return self._count()

    def fill(self, passages: Sequence[str]) -> int:
        for start in range(0, len(passages), 1000):
            some = list(passages[start : start + 1000])
            self._chroma._collection.add(
                ids=[str(start + number) for number in range(len(some))],
                documents=some,
                embeddings=[made_up_vector(text) for text in some],
            )
        return self._count()

    def search(self, question: str) -> int:
        return len(self._chroma.similarity_search(question, k=RESULTS))

    def _count(self) -> int:
        return int(self._chroma._collection.count())
