"""Embedding models behind `index.protocols.Embedder`, and the reader."""
