"""What files of source code and of data are called, by the language that they are written in."""

from __future__ import annotations

_LANGUAGES = {
    "bash": (".bash", ".sh"),
    "c": (".c", ".h"),
    "c_sharp": (".cs",),
    "cpp": (".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"),
    "elixir": (".ex", ".exs"),
    "go": (".go",),
    "java": (".java",),
    "javascript": (".cjs", ".js", ".jsx", ".mjs"),
    "kotlin": (".kt", ".kts"),
    "lua": (".lua",),
    "php": (".php",),
    "powershell": (".ps1", ".psm1"),
    "python": (".py", ".pyi"),
    "ruby": (".rb",),
    "rust": (".rs",),
    "scala": (".scala",),
    "swift": (".swift",),
    "tsx": (".tsx",),
    "typescript": (".cts", ".mts", ".ts"),
}

LANGUAGE_OF = {ending: language for language, endings in _LANGUAGES.items() for ending in endings}
"""The language of source code, by the name of its grammar, for each ending."""

DATA_TYPE_OF = {
    ".json": "application/json",
    ".jsonc": "application/json",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".toml": "application/toml",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
"""The media type of structured data for each ending."""
