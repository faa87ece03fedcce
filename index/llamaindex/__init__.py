"""Adapters for LlamaIndex applications; nothing in Quoth imports them."""
