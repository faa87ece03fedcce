"""One writer that keeps the index true to files and additions."""
