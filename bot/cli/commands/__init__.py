"""One module a command: parse, one call, print."""
