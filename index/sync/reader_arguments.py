"""What a LlamaIndex reader is called with, as a person gives it; no secret, but its variable."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from index.errors import ConfigurationError, LoadError

_READER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_VARIABLE = re.compile(r"env:(?P<name>[A-Za-z_]\w*)", re.ASCII)
_SECRET_WORDS = frozenset(
    {"auth", "authorization", "cookie", "cookies", "credential", "credentials", "key", "pat"}
    | {"passphrase", "passwd", "password", "pwd", "secret", "token"}
)
_SECRET_KEYS = frozenset(
    {"access", "account", "api", "app", "auth", "client", "encryption", "private", "secret"}
)
"""What stands before `key` where the key is a secret one, as in `api_key`."""
_BEGINS_AS_SECRET = re.compile(
    r"(?:sk-|gh[a-z]_|github_pat_|glpat-|xox[a-z]-|ntn_|secret_|AKIA|AIza|ya29\.|eyJ|Bearer )\S",
    re.IGNORECASE,
)
"""What tokens of known services begin with."""
_HOLDS_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?:(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|AKIA|AIza|ya29\.)[\w.\-]{8}"
    r"|(?:sk-|ntn_|secret_|eyJ|[Bb]earer )(?=[\w.\-]{0,200}\d)[\w.\-]{12})"
)
"""The same inside of a longer text, where as much must follow as no word of a query has."""
_PASSWORD = re.compile(
    r"(?<![a-z0-9+.\-])[a-z][a-z0-9+.\-]*://[^/\s:@]*:([^/\s@]+)@", re.IGNORECASE
)
"""An address with a password in it."""
_ADDRESS = re.compile(r"://(\S+)")
_QUERY = re.compile(r"[?&;#]([^?&;#=\s]+)=([^&;#\s'\"]+)")
"""Names and values behind an address."""
_SETTING = re.compile(r"(?:^|[\s;,])(pass(?:word|wd|phrase)|pwd)=([^\s;,]+)", re.IGNORECASE)
"""A password among the settings of a connection: `host=db password=...`."""
_SIGNATURES = (["sig"], ["signature"])
"""The last word of what signs an address, which opens it to whoever has it."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class ReaderArgument(NamedTuple):
    """One argument of a reader."""

    name: str
    value: str
    """As it was typed; or the name of the variable that holds it."""
    is_variable: bool = False

    def __str__(self) -> str:
        return f"{self.name}={'env:' * self.is_variable}{self.value}"


@dataclass(frozen=True)
class ReaderCall:
    """A reader with its arguments, in the order given."""

    reader: str
    """`package:Class`."""
    arguments: tuple[ReaderArgument, ...]
    folder: str
    """Where it was called, from which paths among the arguments start."""

    @property
    def class_name(self) -> str:
        """Name of the reader's class."""
        return self.reader.partition(":")[2]

    @property
    def packed(self) -> str:
        """The arguments as JSON, no secret among them."""
        return json.dumps([list(each) for each in self.arguments])

    @property
    def fingerprint(self) -> str:
        """A hash of all of it."""
        whole = json.dumps([self.reader, self.packed, self.folder])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def told(self) -> str:
        """All of it on one line."""
        return " ".join([self.reader, *map(str, self.arguments)])

    def values(self, variables: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return names with values, those of variables looked up; raises LoadError."""
        return [(each.name, self._value(each, variables)) for each in self.arguments]

    def secrets(self, variables: Mapping[str, str]) -> list[str]:
        """Return what may never be shown: what the variables hold, and the parts of that."""
        named = [each.value for each in self.arguments if each.is_variable]
        return [part for name in named for part in _parts(variables.get(name, ""))]

    def _value(self, argument: ReaderArgument, variables: Mapping[str, str]) -> str:
        if not argument.is_variable:
            return argument.value
        if value := variables.get(argument.value, ""):
            return value
        raise LoadError(
            self.class_name,
            f"The variable {argument.value}, which holds its {argument.name}, is not set. Set it "
            "in your shell (a folder's .env is not read for this), and try again.",
        )


def reader_call(reader: str, arguments: Sequence[str], folder: str) -> ReaderCall:
    """Make a call of what a person typed; raises ConfigurationError, also for an open secret."""
    if not _READER.fullmatch(reader):
        raise ConfigurationError(
            f"--reader takes PACKAGE:CLASS, as llama_index.readers.wikipedia:WikipediaReader, "
            f"not {reader!r}."
        )
    return ReaderCall(reader, tuple(map(_argument, arguments)), folder)


def unpacked_call(reader: str, packed: str, folder: str) -> ReaderCall:
    """Return the call that was kept as JSON."""
    found = [ReaderArgument(name, value, bool(is_so)) for name, value, is_so in json.loads(packed)]
    return ReaderCall(reader, tuple(found), folder)


def is_secret_name(name: str) -> bool:
    """Say whether what is called so is a secret: `api_token`, `CLIENT_SECRET`, `privateKey`."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] not in _SECRET_WORDS:
        return name.lower().endswith(("apikey", "passwd", "password"))
    return words[-1] != "key" or len(words) == 1 or words[-2] in _SECRET_KEYS


def is_secret(name: str, value: str) -> bool:
    """Say whether a value is a secret, by what it is called or by what is in it."""
    return bool(value) and (is_secret_name(name) or _holds_secret(value))


def _argument(typed: str) -> ReaderArgument:
    name, equals, value = typed.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise ConfigurationError(f"--arg takes NAME=VALUE, not {name or typed!r}.")
    if variable := _VARIABLE.fullmatch(value):
        return ReaderArgument(name, variable["name"], is_variable=True)
    if value.startswith("env:"):
        raise ConfigurationError(
            f"{name}={value} names no variable. Behind env: comes the name of one of your shell, "
            f"of letters, digits and _, as in --arg {name}=env:{name.upper()}"
        )
    if is_secret(name, value):
        raise ConfigurationError(
            f"{name} looks like a secret, which is not written down. Put it into a variable of "
            f"your shell and give its name: --arg {name}=env:{name.upper()}"
        )
    return ReaderArgument(name, value)


def _holds_secret(value: str) -> bool:
    """Say whether a value is, or has in it, what looks like a secret."""
    if _is_secret_text(value):
        return True
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return False
    return any(
        is_secret_name(name) or (isinstance(inner, str) and _is_secret_text(inner))
        for name, inner in _leaves(found)
    )


def _is_secret_text(text: str) -> bool:
    """Say whether a text is, or has in it, a token, or an address or setting with a secret."""
    is_token = _BEGINS_AS_SECRET.match(text) or _HOLDS_TOKEN.search(text)
    return bool(is_token) or any(True for _ in _stated_secrets(text))


def _stated_secrets(text: str) -> Iterator[str]:
    """Yield the passwords and the secret parameters of the addresses in a text, as they stand."""
    yield from (found[1] for found in _PASSWORD.finditer(text))
    yield from (found[2] for found in _SETTING.finditer(text))
    for address in _ADDRESS.findall(text):
        for form in {address, unquote(address)}:
            for name, value in _QUERY.findall(form):
                if is_secret_name(name) or _WORD.findall(name.lower())[-1:] in _SIGNATURES:
                    yield value


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key), ""
            yield from _leaves(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, "")
    else:
        yield name, value


def _parts(secret: str) -> Iterator[str]:
    """Yield a secret, the texts of one that is JSON, and the passwords that stand in it."""
    if secret:
        yield secret
    yield from _stated_secrets(secret)
    try:
        yield from (str(inner) for _, inner in _leaves(json.loads(secret)) if inner)
    except (ValueError, RecursionError):
        return
