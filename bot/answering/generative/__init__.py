"""The engine that lets a language model write, and keeps what its citations back."""
