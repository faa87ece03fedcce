"""Quoth for agents, by the Model Context Protocol: what they may ask, over a pipe or over HTTP."""
