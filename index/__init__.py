"""Documents in, passages with exact spans out: load, chunk, embed, store and search."""
