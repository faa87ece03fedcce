"""Answers with citations, on the command line and in Discord, over the index."""
