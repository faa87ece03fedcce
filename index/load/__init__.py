"""Files and web pages to canonical text."""
