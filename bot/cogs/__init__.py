"""Thin Discord edges: parse, one call, render, send."""
