"""Prompt files with `$slots`."""
