"""Passages, questions and word pieces to vectors; the reader."""
