"""Quoth beside LlamaIndex, LangChain and txtai: the same text, weights and questions, one core."""
