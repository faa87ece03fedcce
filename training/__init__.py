"""Training of the reader: a start/end head with a LoRA adapter on all-MiniLM-L6-v2."""
