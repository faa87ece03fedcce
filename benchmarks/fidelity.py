"""How faithfully documents are read: what a person sees of them, against what Quoth keeps.

    python -m benchmarks.fidelity headings FILE... [--most PAGES] [--wrong]
    python -m benchmarks.fidelity html FOLDER... [--most PAGES] [--shown FILE]
    python -m benchmarks.fidelity ocr [--pages N] [--limits]
    python -m benchmarks.fidelity pdf FILE... [--compare OLDER_CHECKOUT]
    python -m benchmarks.fidelity text FOLDER... [--most FILES]

Each kind of document is a section of its own, named first; what follows is its own.
"""

from __future__ import annotations

import sys
from importlib import import_module

SECTIONS = {
    "headings": "benchmarks.fidelity_headings",
    "html": "benchmarks.fidelity_html",
    "ocr": "benchmarks.fidelity_ocr",
    "pdf": "benchmarks.fidelity_pdf",
    "text": "benchmarks.fidelity_text",
}
"""The module of each section; its `main` takes the words behind the section's name."""


def main() -> None:
    """Run the section that is named first."""
    name, *words = sys.argv[1:] or [""]
    if name not in SECTIONS:
        raise SystemExit(f"Name one of: {', '.join(SECTIONS)}.")
    import_module(SECTIONS[name]).main(words)


if __name__ == "__main__":
    main()
