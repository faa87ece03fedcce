"""Canonical text to passages with exact offsets."""
