"""Settings from the environment and from `.env`, read once and handed down as a frozen value.

The environment wins over `.env`, and an empty value means the default. What a `.env` says of
addresses, keys and other folders is used only in a folder that the person trusts
(`bot.setting_sources` says what, `bot.trusted_folders` which), and an address of a `.env` gets no
key of the environment. Everything is read from the arguments of `load_settings`; nothing here looks
at the process on its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from bot.setting_errors import EMBEDDINGS, HTTP, MODEL, WEBSOCKET, sentence
from bot.setting_sources import (
    DISCORD_ADDRESSES,
    PROVIDER_ADDRESS,
    PROVIDER_VARIABLE,
    STORE_PREFIXES,
    STORE_SECRET,
    GivenSettings,
    read_given,
)
from bot.shared_database import check_database, database_passwords
from bot.trusted_folders import cache_folder, trusted_folders
from index.config import ChromaAccount, IndexConfig, ReadConfig, WebConfig
from index.errors import ConfigurationError
from index.schema import Value
from index.store.files_address import check_address
from index.text.shown_address import address_password

PROVIDER_KEYS: dict[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
}
"""The variables in which each provider's own library looks for its key."""

_PREFIXES = {"google": ("GOOGLE_", "GEMINI_")}
"""How the variables of a provider begin, where not with its name."""


def _separated(names: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, names.split(","))))


_IN_ANY_CASE = BeforeValidator(str.lower)
Switch: TypeAlias = Annotated[Literal["on", "off"], _IN_ANY_CASE]


class Settings(Value):
    """Everything that can be set, each by the variable `QUOTH_` and its name.

    The words below a field are its comment in `.env.example`, which a test holds to them. Pydantic
    could read them as descriptions, but takes 14 ms of every start for it.
    """

    model_config = ConfigDict(alias_generator=lambda name: f"QUOTH_{name.upper()}")

    discord_token: SecretStr | None = Field(default=None, alias="DISCORD_TOKEN")
    """Token of the Discord bot; keep it secret."""
    home: Path = Path(".quoth")
    """Folder for the index, conversations and logs."""
    models: Path | None = None
    """Folder in which the built-in models are kept for all homes; only people you trust may write
    to it. Empty is Quoth's folder in your cache folder."""
    documents: Path = Path("documents")
    """Folder of documents that the index is kept in step with."""
    watch: Switch = "on"
    """Whether the bot looks at the documents folder by itself, every few seconds: on or off; off
    reads it when the bot starts with an empty index, and at /source refresh."""
    embeddings: str = Field(default="minilm", pattern=EMBEDDINGS)
    """Embedding model: minilm (built in, English), multilingual (a hundred languages; needs the
    extra of that name) or provider/model, e.g. openai/text-embedding-3-small; a change rebuilds the
    index."""
    reader: Switch = "on"
    """Whether the built-in reader points at the answer inside a passage: on or off. With
    QUOTH_QUALITY=fast, off leaves the small model out too, and none looks at passages."""
    quality: Annotated[Literal["fast", "best"], _IN_ANY_CASE] = "best"
    """How closely passages are looked at: best judges eight of them with two models, fast four with
    a smaller one, in a third of the time."""
    threads: int = Field(default=0, ge=0, le=256)
    """Threads for the built-in models, 0 to 256; 0 takes what the machine has."""
    read_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Processor seconds that reading one document may take, up to 3600; what takes longer is
    reported and left out."""
    read_megabytes: int = Field(default=1024, ge=64, le=1_048_576)
    """MiB of memory that reading one document may take at most, from 64; a small one may take less:
    20 times its size and 170. What takes more is reported and left out."""
    database_url: SecretStr | None = None
    """Address of a PostgreSQL database that several bots and machines share,
    postgresql://user:password@host/database; needs QUOTH_CHROMA_URL and the extra postgres. Empty
    keeps everything in QUOTH_HOME. Keep it secret."""
    chroma_url: str | None = Field(default=None, pattern=HTTP)
    """Address of a Chroma server; empty keeps the vectors in QUOTH_HOME."""
    chroma_token: SecretStr | None = None
    """Token of the Chroma server, or API key of Chroma Cloud; empty sends none."""
    chroma_tenant: str = "default_tenant"
    """Tenant on the Chroma server; it must be there already."""
    chroma_database: str = "default_database"
    """Database of that tenant; it must be there already."""
    chroma_texts: Switch = "off"
    """Whether Chroma also holds what passages say and where they stand, for other programs that
    read its collections: on or off; a change is carried out by the next quoth sync."""
    llm: str | None = Field(default=None, pattern=MODEL)
    """Language model: openai/MODEL, anthropic/MODEL, ollama/MODEL or google/MODEL; empty answers by
    quoting only."""
    llm_base_url: str | None = Field(default=None, pattern=HTTP)
    """Address of the model's server, for anything that speaks its API."""
    llm_api_key: SecretStr | None = None
    """Key of the language model; empty takes the provider's own variable, e.g. OPENAI_API_KEY."""
    llm_timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds without a word after which the language model is given up, up to 600."""
    llm_concurrency: int = Field(default=4, ge=1, le=64)
    """Calls to the language model at the same time, 1 to 64."""
    tokens_per_day: int = Field(default=0, ge=0)
    """Tokens the language model may use a day; 0 sets no limit."""
    tokens_per_person: int = Field(default=0, ge=0)
    """Tokens a day for each person; 0 sets no limit."""
    unsupported: Annotated[Literal["drop", "show"], _IN_ANY_CASE] = "drop"
    """A model's sentence that the sources do not back: drop it, or show it marked."""
    prompts: Path | None = None
    """Folder whose prompt files replace those of the same name in prompts/."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _IN_ANY_CASE] = "warning"
    """What goes into the log: debug, info, warning or error."""
    log_format: Annotated[Literal["text", "json"], _IN_ANY_CASE] = "text"
    """How the bot writes its log: text, or json with one object a line."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Port at which the bot serves /metrics for Prometheus and /healthz; 0 serves neither."""
    metrics_host: str = "127.0.0.1"
    """Address at which it does; 127.0.0.1 is this machine alone, 0.0.0.0 every network it is in."""
    web_url: str | None = Field(default=None, pattern=HTTP)
    """Public address of the reading page, for links to it; the bot then serves the page itself."""
    web_host: str = "127.0.0.1"
    """Address at which the reading page is served; 127.0.0.1 is this machine alone."""
    web_port: int = Field(default=8765, ge=0, le=65535)
    """Port of the reading page."""
    web_open: Annotated[Literal["local", "on", "off"], _IN_ANY_CASE] = "local"
    """Who reads the shared collection there without a link from the bot: local is whoever sits at
    this machine, on is everybody who reaches the page, off is nobody."""
    api_per_minute: int = Field(default=120, ge=1, le=100_000)
    """Requests a minute by one token of the HTTP API, 1 to 100000."""
    web_days: int = Field(default=90, ge=1, le=3650)
    """Days that answers with an address are kept, with the versions that they quote."""
    web_report: Path | None = None
    """Report of `quoth eval --json` that the reading page shows; empty shows none."""
    discord_api_url: str | None = Field(default=None, pattern=HTTP)
    """Discord's HTTP API, for a proxy or a compatible server."""
    discord_gateway_url: str | None = Field(default=None, pattern=WEBSOCKET)
    """Discord's gateway, for a proxy or a compatible server."""
    message_content: Switch = "off"
    """Whether the bot asks Discord for the text of messages that do not mention it: on or off; on
    needs the Message Content intent."""
    channel_seconds: float = Field(default=30.0, gt=0, le=3600)
    """Seconds after which a new message of a channel that is a source can be found, up to 3600."""
    cooldown_seconds: float = Field(default=3.0, ge=0, le=3600)
    """Seconds between two questions of one person, up to 3600."""
    server_per_minute: int = Field(default=60, ge=1, le=6000)
    """Questions a minute from one Discord server, 1 to 6000."""
    history_days: int = Field(default=30, ge=0, le=3650)
    """Days that conversations are kept; 0 keeps none."""
    keep_days_after_leaving: int = Field(default=30, ge=0, le=3650)
    """Days that everything of a Discord server is kept after the bot was removed from it; being
    invited again calls it off. 0 erases at once."""
    gap_names: Switch = "off"
    """Whether managers see in /gaps who asked: on or off; off keeps the wording only."""
    keep_originals: Switch = "on"
    """Whether the files of PDFs and pictures that are added are kept, so that a quote can be shown
    on its page: on or off; off deletes what was kept."""
    files: SecretStr | None = None
    """Address at which the files of added documents are kept for all who share the index, such as
    s3://bucket/prefix or file:///folder; empty keeps them in QUOTH_HOME."""
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_separated)] = ()
    """Hosts inside the private network from which pages may be added, separated by commas."""
    site_pages: int = Field(default=2000, ge=1, le=100_000)
    """Pages of one web site that are read at most, entries of one feed, files of one repository."""
    site_megabytes: int = Field(default=200, ge=1, le=10_000)
    """MiB that are fetched of one web site or repository at a time."""
    site_seconds: float = Field(default=3600.0, gt=0, le=86_400)
    """Seconds that one web site or repository is read at a time; the next sync goes on there."""
    page_pause: float = Field(default=0.5, ge=0, le=60)
    """Seconds between two requests to one web server; its robots.txt may ask for more."""
    refresh_hours: float = Field(default=24.0, ge=0, le=8760)
    """Hours after which added pages, sites and feeds are asked for what is new; 0 is never."""

    provider_variables: tuple[tuple[str, SecretStr], ...] = Field(alias="provider_variables")
    """What the providers' own libraries look for: OPENAI_API_KEY and the like; no variable of ours
    sets it."""
    store_secrets: tuple[SecretStr, ...] = Field(default=(), alias="store_secrets")
    """Values of the environment that the packages of stores take for keys."""
    from_file: tuple[str, ...] = Field(default=(), alias="from_file")
    """Variables of addresses, keys and other folders that hold what the trusted `.env` says."""
    withheld: tuple[str, ...] = Field(default=(), alias="withheld")
    """The same of a `.env` that is not trusted: these are not used."""

    @property
    def index(self) -> IndexConfig:
        """The part of the settings that the index needs."""
        return IndexConfig(
            home=self.home,
            models=self.models,
            documents=self.documents,
            embeddings=self.embeddings,
            database_url=self.database_url,
            chroma_url=self.chroma_url,
            chroma_account=ChromaAccount(
                token=self.chroma_token,
                tenant=self.chroma_tenant,
                database=self.chroma_database,
            ),
            chroma_texts=self.chroma_texts == "on",
            reader=self.reader == "on",
            best=self.quality == "best",
            threads=self.threads or None,
            keep_originals=self.keep_originals == "on",
            files=self.files,
            allowed_hosts=self.allowed_hosts,
            provider_variables=self.provider_variables,
            withheld=not {"QUOTH_EMBEDDINGS", "QUOTH_CHROMA_URL"}.isdisjoint(self.withheld),
            read=ReadConfig(seconds=self.read_seconds, megabytes=self.read_megabytes),
            web=WebConfig(
                pages=self.site_pages,
                megabytes=self.site_megabytes,
                seconds=self.site_seconds,
                pause=self.page_pause,
                refresh_hours=self.refresh_hours,
            ),
        )

    @property
    def shut_out(self) -> tuple[str, ...]:
        """How the variables begin that no library may find in the environment.

        The providers' libraries take keys, accounts and headers from there on their own, and would
        send them to an address that a `.env` names.
        """
        found = [name.partition("_")[0] + "_" for name in self.from_file if _is_address(name)]
        if self.llm and "QUOTH_LLM_BASE_URL" in self.from_file:
            provider = self.llm.partition("/")[0]
            found += _PREFIXES.get(provider, (f"{provider.upper()}_",))
        if "QUOTH_FILES" in self.from_file:
            found += STORE_PREFIXES
        return tuple(found)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token and every key, which no line of a log may hold."""
        keys = [value for name, value in self.provider_variables if not _is_address(name)]
        ours = (self.discord_token, self.llm_api_key, self.chroma_token, self.database_url)
        held = filter(None, (*ours, *keys, *self.store_secrets))
        words = [secret.get_secret_value() for secret in held]
        if self.files is not None:
            words.append(address_password(self.files.get_secret_value()))
        return tuple(filter(None, (*words, *database_passwords(self.database_url))))

    @property
    def log_file(self) -> Path:
        """Where tracebacks and log lines go."""
        return self.home / "quoth.log"


def variables() -> dict[str, FieldInfo]:
    """Return each setting's field by the name of its variable, in the order of `.env.example`."""
    fields = Settings.model_fields.values()
    return {field.alias: field for field in fields if field.alias and field.alias.isupper()}


def load_settings(environ: Mapping[str, str], folder: Path) -> Settings:
    """Read the settings from `environ` and from `folder`'s `.env`.

    Relative paths are taken from `folder`. Raises ConfigurationError with one sentence that
    names the variable.
    """
    found = read_given(environ, folder)
    trusted = is_trusted(found)
    given = found.in_use(trusted=trusted)
    merged = given.merged
    values: dict[str, Any] = {name: merged[name] for name in variables() if merged.get(name)}
    values |= _secrets(given)
    values["provider_variables"] = _provider_variables(given)
    values["store_secrets"] = [environ[name] for name in environ if STORE_SECRET.search(name)]
    values["from_file"] = given.from_file()
    values["withheld"] = () if trusted else found.from_file()
    try:
        settings = Settings.model_validate(
            {name: value for name, value in values.items() if value is not None}
        )
    except ValidationError as error:
        raise ConfigurationError(sentence(error, variables())) from None
    if settings.files is not None:
        check_address(settings.files.get_secret_value())
    check_database(settings.database_url, settings.chroma_url)
    return _anchored(settings, folder, cache_folder(environ))


def is_trusted(given: GivenSettings) -> bool:
    """Say whether the person has allowed what a `.env` says, or need not."""
    if not given.guarded:
        return True
    return trusted_folders(given.environ).allows(given.folder, given.fingerprint)


def unknown_variables(environ: Mapping[str, str], folder: Path) -> list[str]:
    """Return the names that start with `QUOTH_` but are no setting, sorted."""
    merged = read_given(environ, folder).merged
    ours = {name for name in merged if name.startswith("QUOTH_")}
    return sorted(ours - variables().keys())


def likely_variable(name: str) -> str | None:
    """Return the setting that an unknown name was probably meant to be."""
    known = {each.removeprefix("QUOTH_"): each for each in variables()}
    near = difflib.get_close_matches(name.removeprefix("QUOTH_"), known, n=1)
    return known[near[0]] if near else None


def _secrets(given: GivenSettings) -> dict[str, str | None]:
    """Return key of the language model and both servers' tokens, each for where it is sent."""
    from_file, merged = given.from_file(), given.merged
    provider = merged.get("QUOTH_LLM", "").partition("/")[0]
    names = ("QUOTH_LLM_API_KEY", *PROVIDER_KEYS.get(provider, ()))
    keys = given.file if "QUOTH_LLM_BASE_URL" in from_file else merged
    tokens = merged if set(DISCORD_ADDRESSES).isdisjoint(from_file) else given.file
    vectors = given.file if "QUOTH_CHROMA_URL" in from_file else merged
    return {
        "QUOTH_LLM_API_KEY": _first(keys, names),
        "QUOTH_CHROMA_TOKEN": _first(vectors, ["QUOTH_CHROMA_TOKEN"]),
        "DISCORD_TOKEN": _first(tokens, ["DISCORD_TOKEN"]),
    }


def _first(given: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next(filter(None, map(given.get, names)), None)


def _is_address(name: str) -> bool:
    """Say whether a variable is an address of a provider's own library."""
    return bool(PROVIDER_VARIABLE.search(name) and PROVIDER_ADDRESS.search(name))


def _provider_variables(given: GivenSettings) -> list[tuple[str, str]]:
    """Return what the providers' libraries look for.

    Where the `.env` names the address of a provider, only keys of the `.env` go with it; where the
    environment names one too, that one holds.
    """
    chosen = {_prefix(name) for name, value in given.environ.items() if value and _is_address(name)}
    in_file = {_prefix(name) for name in given.from_file() if _is_address(name)}
    found: dict[str, str] = {}
    for name, value in given.merged.items():
        if not PROVIDER_VARIABLE.search(name):
            continue
        if _is_address(name):
            found[name] = "" if name not in given.environ and _prefix(name) in chosen else value
        else:
            found[name] = given.file.get(name, "") if _prefix(name) in in_file - chosen else value
    return [(name, value) for name, value in sorted(found.items()) if value]


def _prefix(name: str) -> str:
    return name.partition("_")[0]


def _anchored(settings: Settings, folder: Path, cache: Path | None) -> Settings:
    """Make the folders absolute, so that they stay the same wherever the process goes.

    Models are kept in the person's `cache` unless another folder is named.
    """
    paths = {
        name: getattr(settings, name)
        for name in ("home", "documents", "models", "prompts", "web_report")
    }
    if cache is not None:
        paths["models"] = paths["models"] or cache / "models"
    return settings.model_copy(
        update={name: folder / path.expanduser() for name, path in paths.items() if path}
    )
