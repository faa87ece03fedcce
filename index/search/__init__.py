"""Candidates by meaning and by words, one ranking, merged hits."""
