"""The reading page: ask in a browser, and read what is quoted in its place."""
