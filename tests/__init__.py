"""Tests: flat, whole transcripts and real servers where possible."""
