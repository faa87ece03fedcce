"""The catalog in SQLite, which is the truth, and Chroma, which is derived."""
