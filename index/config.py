"""Plain configuration values of the index; `bot.settings` reads them from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from index.schema import Value

SHARED_COLLECTION = "documents"
"""The collection that is kept in step with the documents folder."""


class ChunkConfig(Value):
    """How documents are cut into passages."""

    max_tokens: int = Field(
        default=220,
        ge=32,
        le=2000,
        description="Word pieces of a passage's text; MiniLM reads 256 with title and heading.",
    )
    pack: bool = Field(
        default=True,
        description="Whether neighbouring short paragraphs under one heading share a passage.",
    )


class ReadConfig(Value):
    """What reading one document may take."""

    seconds: float = Field(default=60.0, gt=0, description="Of processor time.")
    megabytes: int = Field(default=1024, ge=64, description="MiB of memory for the document.")


class WebConfig(Value):
    """What is asked of web servers, and how much is read of one site."""

    pages: int = Field(default=2000, ge=1, description="Pages of one site, entries of one feed.")
    megabytes: int = Field(default=200, ge=1, description="MiB fetched of one site at a time.")
    seconds: float = Field(default=3600.0, gt=0, description="For one site at a time.")
    pause: float = Field(default=0.5, ge=0, description="Seconds between requests to one host.")
    refresh_hours: float = Field(
        default=24.0, ge=0, description="Age at which pages are asked for again; 0 is never."
    )


class ChromaAccount(Value):
    """How a Chroma server knows whose vectors these are."""

    token: SecretStr | None = Field(default=None, description="Sent with every request.")
    tenant: str = Field(default="default_tenant", description="As the server names it.")
    database: str = Field(default="default_database", description="In that tenant.")


class IndexConfig(Value):
    """Where the index lives and what it is built with."""

    home: Path = Field(description="Folder that holds catalog and vectors.")
    models: Path | None = Field(
        default=None, description="Folder of graphs that homes share; None keeps them in the home."
    )
    documents: Path | None = Field(
        default=None, description="Folder kept in step with the shared collection."
    )
    embeddings: str = Field(
        default="minilm", description="`minilm`, `multilingual` or `provider/model`."
    )
    chroma_url: str | None = Field(default=None, description="Chroma server; None = embedded.")
    chroma_account: ChromaAccount = Field(
        default_factory=ChromaAccount, description="Whose vectors are on that server."
    )
    chroma_texts: bool = Field(
        default=False, description="Whether Chroma holds texts, too, for other applications."
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL database that homes share; None = files of the home."
    )
    reader: bool = Field(default=True, description="Whether the span reader is used.")
    best: bool = Field(default=True, description="Whether the selector chooses what is quoted.")
    threads: int | None = Field(
        default=None, description="Processor threads of the models; None leaves it to them."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts inside the private network whose pages may be added."
    )
    provider_variables: tuple[tuple[str, SecretStr], ...] = Field(
        default=(), description="What the providers' own libraries look for, by name."
    )
    withheld: bool = Field(
        default=False,
        description="Whether these are not the model and the vector store that the folder names.",
    )
    keep_originals: bool = Field(
        default=True, description="Whether the files of PDFs and pictures that are added are kept."
    )
    files: SecretStr | None = Field(
        default=None, description="Address at which these files are kept; None is the home."
    )
    chunk: ChunkConfig = Field(default_factory=ChunkConfig, description="How documents are cut.")
    read: ReadConfig = Field(
        default_factory=ReadConfig, description="What reading one document may take."
    )
    web: WebConfig = Field(default_factory=WebConfig, description="What is asked of web servers.")

    @property
    def english_only(self) -> bool:
        """Whether the embedding model was trained on English alone."""
        return self.embeddings == "minilm"
