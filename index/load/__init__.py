"""Files and web pages to canonical text.

`files` picks the loader for a file, `walk` finds files in a folder, `web` fetches pages, and
`llama` joins this to readers written for LlamaIndex. One module per format holds the rest.

Canonical text has "\\n" line ends, no byte order mark and no NUL; nothing else is normalised.
Markdown, HTML and tables (CSV, TSV) are Markdown in canonical form; text and PDF are plain.
"""

from index.load.files import is_document, load_bytes, load_file
from index.load.walk import FoundFile, SkippedFile, scan, walk

__all__ = ["FoundFile", "SkippedFile", "is_document", "load_bytes", "load_file", "scan", "walk"]
