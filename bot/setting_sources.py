"""Where a setting comes from: the person's environment, or a `.env`, which others may have written.

Whoever writes the `.env` and the documents of a folder that is cloned could have questions,
passages and keys sent to a server of theirs, or have files outside the folder read. So what a
`.env` says of these is guarded: it is used once the person has allowed it, and not before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from index.errors import ConfigurationError
from index.text.shown_address import shown_address

PROVIDER_VARIABLE = re.compile(
    r"^(OPENAI|ANTHROPIC|OLLAMA|GOOGLE|GEMINI|COHERE|CO|VOYAGE|MISTRAL)"
    r"_(API_KEY|API_BASE|BASE_URL|HOST)$"
)
"""Names under which the libraries of model providers look for keys and addresses."""

PROVIDER_ADDRESS = re.compile(r"_(API_BASE|BASE_URL|HOST)$")
"""Those of them that hold addresses."""

DISCORD_ADDRESSES = ("QUOTH_DISCORD_API_URL", "QUOTH_DISCORD_GATEWAY_URL")

_GUARDED = {
    "DISCORD_TOKEN": "whoever owns this token decides where the bot answers",
    "QUOTH_DATABASE_URL": "the index and what people ask are kept there",
    "QUOTH_CHROMA_URL": "what is indexed goes there",
    "QUOTH_CHROMA_TOKEN": "what is indexed goes to the account of this token",
    "QUOTH_CHROMA_TENANT": "what is indexed goes to this tenant",
    "QUOTH_CHROMA_DATABASE": "what is indexed goes into this database",
    "QUOTH_MODELS": "the built-in models are read and run from there",
    "QUOTH_LLM": "questions and passages go to this model",
    "QUOTH_LLM_BASE_URL": "questions and passages go there",
    "QUOTH_LLM_API_KEY": "questions and passages go to the account of this key",
    "QUOTH_PROMPTS": "its files instruct the language model",
    "QUOTH_DISCORD_API_URL": "the bot's token and answers go there",
    "QUOTH_DISCORD_GATEWAY_URL": "the bot's token goes there",
    "QUOTH_METRICS_HOST": "the bot's figures can be read from there",
    "QUOTH_WEB_URL": "links to answers and sources lead there",
    "QUOTH_WEB_HOST": "the reading page can be reached from there",
    "QUOTH_WEB_OPEN": "who reads the shared documents on the reading page",
    "QUOTH_WEB_REPORT": "this file is shown on the reading page",
    "QUOTH_ALLOWED_HOSTS": "pages may be fetched from there, inside the private network",
}
"""Variables that a `.env` may not set unasked, and what each decides."""

_HARMLESS = frozenset(
    {
        ("QUOTH_METRICS_HOST", "127.0.0.1"),
        ("QUOTH_WEB_HOST", "127.0.0.1"),
        ("QUOTH_WEB_OPEN", "local"),
        ("QUOTH_WEB_OPEN", "off"),
        ("QUOTH_CHROMA_TENANT", "default_tenant"),
        ("QUOTH_CHROMA_DATABASE", "default_database"),
    }
)
"""What is guarded otherwise, but is the default or is reached from this machine alone."""

_SECRETS = re.compile(r"(_API_KEY|_TOKEN)$")


@dataclass(frozen=True)
class GivenSettings:
    """What stands in the environment and in the `.env` of a folder, blanks removed."""

    environ: Mapping[str, str]
    file: Mapping[str, str]
    folder: Path

    @property
    def path(self) -> Path:
        """The `.env`."""
        return self.folder / ".env"

    @property
    def merged(self) -> dict[str, str]:
        """Both together; the environment wins, also with an empty value."""
        return {**self.file, **self.environ}

    @cached_property
    def guarded(self) -> dict[str, str]:
        """What the `.env` says that is used only when the folder is trusted, by name."""
        return {
            name: value
            for name, value in sorted(self.file.items())
            if value and self._consequence(name, value)
        }

    @property
    def fingerprint(self) -> str:
        """A hash of all that is guarded, so that a `.env` that changed is not the one allowed."""
        pairs = json.dumps(sorted(self.guarded.items()), ensure_ascii=True)
        return hashlib.sha256(pairs.encode()).hexdigest()

    def in_use(self, *, trusted: bool) -> GivenSettings:
        """Return what is to be used of it."""
        if trusted or not self.guarded:
            return self
        kept = {name: value for name, value in self.file.items() if name not in self.guarded}
        return GivenSettings(self.environ, kept, self.folder)

    def from_file(self) -> tuple[str, ...]:
        """Return the guarded names whose value is that of the `.env`."""
        return tuple(name for name in self.guarded if name not in self.environ)

    def described(self) -> list[str]:
        """Return one line for each guarded value: what it is and what it decides, no secret."""
        return [
            f"{name}={shown_value(name, value)}: {self._consequence(name, value)}"
            for name, value in self.guarded.items()
        ]

    def _consequence(self, name: str, value: str) -> str | None:
        """Say what a value of the `.env` decides; None for one that only this folder feels."""
        if name in _GUARDED and (name, value) not in _HARMLESS:
            return _GUARDED[name]
        if name == "QUOTH_EMBEDDINGS" and "/" in value:
            return "documents and questions go to this model, or it is run here"
        if name in ("QUOTH_HOME", "QUOTH_DOCUMENTS") and self._is_outside(value):
            index = name == "QUOTH_HOME"
            return f"{'the index is kept' if index else 'documents are read'} outside this folder"
        if not PROVIDER_VARIABLE.search(name):
            return None
        if PROVIDER_ADDRESS.search(name):
            return "documents and questions go there"
        return "documents and questions go to the account of this key"

    def _is_outside(self, value: str) -> bool:
        """Say whether a path leads out of the folder, by a link too."""
        try:
            path = (self.folder / Path(value).expanduser()).resolve()
            return not path.is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError, ValueError):
            return True


def read_given(environ: Mapping[str, str], folder: Path) -> GivenSettings:
    """Read the `.env` of `folder`; raises ConfigurationError where it cannot be read."""
    from dotenv import dotenv_values

    path = folder / ".env"
    try:
        lines = dotenv_values(path, interpolate=False) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(
            f"The settings file {str(path)!r} cannot be read ({reason}). "
            "Save it as UTF-8 text, or move it away."
        ) from None
    return GivenSettings(
        {name: value.strip() for name, value in environ.items()},
        {name: value.strip() for name, value in lines.items() if value is not None},
        folder,
    )


def shown_value(name: str, value: str) -> str:
    """Return a value as it may be shown: no key, and no password of an address."""
    if _SECRETS.search(name):
        return "(a secret)"
    return shown_address(value) if "://" in value else value
