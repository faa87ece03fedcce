import ast
import inspect
import itertools
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.setting_sources import PROVIDER_VARIABLE, read_given
from bot.settings import PROVIDER_KEYS, Settings, load_settings, unknown_variables, variables
from bot.trusted_folders import config_folder, trusted_folders
from index.embed.providers import PROVIDERS
from index.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"


def trusted(folder: Path, **environ: str) -> dict[str, str]:
    """Allow what the `.env` of a folder says, and return the environment in which it is."""
    environ["XDG_CONFIG_HOME"] = environ["APPDATA"] = environ["HOME"] = str(folder / "config")
    given = read_given(environ, folder)
    trusted_folders(environ).allow(folder, given.fingerprint)
    return environ


def descriptions() -> dict[str, str]:
    """Return the docstring below each field of the settings, by the name of its variable."""
    (declared,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(declared, ast.ClassDef)
    return {
        Settings.model_fields[field.target.id].alias or "": text.value.value
        for field, text in itertools.pairwise(declared.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }  # fmt: skip


def example() -> str:
    """Return what `.env.example` must hold."""
    described = descriptions()
    blocks = (
        "\n".join(textwrap.wrap(" ".join(described[name].split()), 96, initial_indent="# ",
                                subsequent_indent="# ")) + f"\n{name}={_written(field.default)}"
        for name, field in variables().items()
    )  # fmt: skip
    head = (
        "# Copy this file to .env and change what you need; every line is optional.\n"
        "# Variables of the environment win over this file, and an empty value is the default.\n"
        "# A .env may come from somebody else. So what it says of language models, servers, keys "
        "and folders\n"
        "# outside its own is used once you have allowed it with `quoth trust`, and an address in "
        "it gets a\n"
        "# key only if the key stands in it too."
    )
    return "\n\n".join((head, *blocks)) + "\n"


def _written(default: object) -> str:
    if default is None or default == ():
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_example_lists_every_setting_with_its_comment_and_default() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example(), (
        "write it anew: python -c 'from tests.project.test_settings import *; "
        "EXAMPLE.write_text(example())'"
    )


def test_example_copied_to_env_gives_the_defaults(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / ".env")
    assert load_settings({}, tmp_path) == load_settings({}, tmp_path / "elsewhere").model_copy(
        update={"home": tmp_path / ".quoth", "documents": tmp_path / "documents"}
    )


def test_chromadb_can_be_imported_beside_a_copied_example(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / ".env")
    done = subprocess.run(
        [sys.executable, "-c", "import chromadb; chromadb.Settings()"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_setting_has_a_description_and_a_prefixed_name() -> None:
    assert set(variables()) <= set(descriptions())
    for name in variables():
        assert name.startswith("QUOTH_") or name == "DISCORD_TOKEN"


def test_environment_wins_over_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_THREADS=2\nQUOTH_READER=off\n")
    settings = load_settings({"QUOTH_THREADS": "3"}, tmp_path)
    assert (settings.threads, settings.reader) == (3, "off")


def test_relative_folders_start_at_the_working_folder(tmp_path: Path) -> None:
    settings = load_settings({"QUOTH_DOCUMENTS": "notes", "QUOTH_HOME": "/var/q"}, tmp_path)
    assert settings.documents == tmp_path / "notes"
    assert settings.home == Path("/var/q")
    assert settings.index.documents == tmp_path / "notes"


def test_a_chroma_token_of_the_environment_goes_to_no_address_of_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_CHROMA_URL=http://elsewhere:8000\n")
    environ = trusted(tmp_path, QUOTH_CHROMA_TOKEN="mine")
    settings = load_settings(environ, tmp_path)
    assert settings.chroma_url == "http://elsewhere:8000"
    assert settings.index.chroma_account.token is None
    here = load_settings(environ | {"QUOTH_CHROMA_URL": "http://here:8000"}, tmp_path)
    assert here.index.chroma_account.token == SecretStr("mine")
    assert "mine" in here.secrets


def test_dollars_and_hashes_in_a_quoted_value_stay(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_LLM_API_KEY='a$HOME#b'\n")
    key = load_settings(trusted(tmp_path), tmp_path).llm_api_key
    assert key is not None
    assert key.get_secret_value() == "a$HOME#b"


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"QUOTH_THREADS": "x"}, "QUOTH_THREADS 'x' cannot be used: it must be a whole number"),
        ({"QUOTH_THREADS": "999"}, "QUOTH_THREADS '999' cannot be used"),
        ({"QUOTH_READER": "maybe"}, "QUOTH_READER 'maybe' cannot be used: it must be on or off"),
        ({"QUOTH_LLM": "gpt"}, "QUOTH_LLM 'gpt' cannot be used: it must be of the form provider"),
        ({"QUOTH_EMBEDDINGS": "x"}, "QUOTH_EMBEDDINGS 'x' cannot be used: it must be minilm, "),
        ({"QUOTH_CHROMA_URL": "db"}, "QUOTH_CHROMA_URL 'db' cannot be used: it must be an address"),
        ({"QUOTH_DISCORD_GATEWAY_URL": "h"}, "starts with ws:// or wss://"),
        ({"QUOTH_LLM_TIMEOUT": "0"}, "a number, more than 0, at most 600"),
        ({"QUOTH_LLM_TIMEOUT": "nan"}, "QUOTH_LLM_TIMEOUT 'nan' cannot be used"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_value_is_named_in_one_sentence(
    environ: Mapping[str, str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_settings(environ, tmp_path)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_words_are_taken_in_any_case(tmp_path: Path) -> None:
    assert load_settings({"QUOTH_READER": " OFF "}, tmp_path).reader == "off"


def test_hosts_are_separated_by_commas(tmp_path: Path) -> None:
    settings = load_settings({"QUOTH_ALLOWED_HOSTS": "wiki.lan, docs.lan,"}, tmp_path)
    assert settings.allowed_hosts == ("wiki.lan", "docs.lan")


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"QUOTH_LLM": "openai/m", "OPENAI_API_KEY": "theirs"}, "theirs"),
        ({"QUOTH_LLM": "google/m", "GEMINI_API_KEY": "theirs"}, "theirs"),
        ({"QUOTH_LLM": "openai/m", "OPENAI_API_KEY": "theirs", "QUOTH_LLM_API_KEY": "o"}, "o"),
        ({"QUOTH_LLM": "ollama/m", "OPENAI_API_KEY": "theirs"}, None),
        ({"OPENAI_API_KEY": "theirs"}, None),
    ],
    ids=["the provider's", "another name", "ours wins", "not another provider's", "no model"],
)
def test_the_key_of_the_model_is_found(
    environ: Mapping[str, str], key: str | None, tmp_path: Path
) -> None:
    found = load_settings(environ, tmp_path).llm_api_key
    assert found == (None if key is None else SecretStr(key))


@pytest.mark.parametrize(
    ("file", "environ", "given"),
    [
        ("OPENAI_API_BASE=http://f\n", {"OPENAI_API_KEY": "e"}, {"OPENAI_API_BASE": "http://f"}),
        (
            "OPENAI_API_BASE=http://f\nOPENAI_API_KEY=f\n",
            {"OPENAI_API_KEY": "e"},
            {"OPENAI_API_BASE": "http://f", "OPENAI_API_KEY": "f"},
        ),
        (
            "OPENAI_API_BASE=http://f\n",
            {"OPENAI_API_KEY": "e", "OPENAI_BASE_URL": "http://e"},
            {"OPENAI_BASE_URL": "http://e", "OPENAI_API_KEY": "e"},
        ),
        (
            "OPENAI_API_BASE=http://f\n",
            {"OPENAI_API_KEY": "e", "OPENAI_API_BASE": ""},
            {"OPENAI_API_KEY": "e"},
        ),
        ("OPENAI_API_KEY=f\n", {}, {"OPENAI_API_KEY": "f"}),
        ("DATABASE_HOST=f\n", {}, {}),
    ],
    ids=["no key", "the file's key", "the environment's address", "emptied", "a key", "another"],
)
def test_a_trusted_address_of_embeddings_gets_the_keys_of_its_file(
    file: str, environ: dict[str, str], given: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(file)
    settings = load_settings(trusted(tmp_path, **environ), tmp_path)
    found = {name: value.get_secret_value() for name, value in settings.provider_variables}
    assert found == given
    untrusted = load_settings(environ, tmp_path).provider_variables
    assert {name for name, _ in untrusted} <= {name for name, value in environ.items() if value}


def test_every_variable_of_a_provider_is_known() -> None:
    names = [name for names in PROVIDER_KEYS.values() for name in names]
    for provider in PROVIDERS.values():
        names += [*provider.key_variables, *provider.url_variables]
    assert [name for name in names if not PROVIDER_VARIABLE.search(name)] == []


def test_figures_are_opened_to_a_network_by_nobody_but_the_person(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_METRICS_PORT=9464\nQUOTH_METRICS_HOST=0.0.0.0\n")
    settings = load_settings({}, tmp_path)
    assert (settings.metrics_host, settings.withheld) == ("127.0.0.1", ("QUOTH_METRICS_HOST",))
    assert load_settings(trusted(tmp_path), tmp_path).metrics_host == "0.0.0.0"


def test_what_is_allowed_is_kept_in_no_folder_at_hand(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": "config", "APPDATA": "config", "HOME": str(tmp_path)}
    found = config_folder(environ)
    assert found is None or found.is_absolute()


@pytest.mark.parametrize(
    ("platform", "environ", "found"),
    [
        ("linux", {"HOME": "/home/ada"}, "/home/ada/.cache/quoth/models"),
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "/c"}, "/c/quoth/models"),
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "c"}, "/home/ada/.cache/quoth/models"),
        ("darwin", {"HOME": "/Users/ada"}, "/Users/ada/Library/Caches/Quoth/models"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/Quoth/Cache/models"),
        ("linux", {"HOME": "/home/ada", "QUOTH_MODELS": "/models"}, "/models"),
        ("linux", {}, None),
    ],
)
def test_models_are_kept_in_the_person_s_cache_folder(
    platform: str, environ: dict[str, str], found: str | None,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "platform", platform)
    expected = None if found is None else Path(found)
    settings = load_settings(environ, tmp_path)
    assert settings.models == settings.index.models == expected


def test_a_folder_that_came_along_brings_no_models_unasked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_MODELS=built\n")
    settings = load_settings({"HOME": "/home/ada"}, tmp_path)
    assert settings.withheld == ("QUOTH_MODELS",)
    assert settings.models == Path("/home/ada/.cache/quoth/models")
    assert load_settings(trusted(tmp_path), tmp_path).models == tmp_path / "built"


def test_secrets_are_never_printed(tmp_path: Path) -> None:
    environ = {"DISCORD_TOKEN": "canary-1", "QUOTH_LLM_API_KEY": "canary-2"}
    settings = load_settings(environ, tmp_path)
    assert "canary" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_misspelt_variable_is_noticed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_REDER=off\n")
    assert unknown_variables({"QUOTH_HOME": "x", "HOME": "y"}, tmp_path) == ["QUOTH_REDER"]


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"QUOTH_LLM=\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"\.env' cannot be read"):
        load_settings({}, tmp_path)


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert isinstance(settings, Settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.threads = 2


def test_keys_of_stores_are_kept_out_of_the_log(tmp_path: Path) -> None:
    environ = {
        "QUOTH_FILES": "sftp://ada:password-of-ada@host/files",
        "AWS_SECRET_ACCESS_KEY": "secret-of-aws",
        "AZURE_STORAGE_CONNECTION_STRING": "string-of-azure",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    hidden = load_settings(environ, tmp_path).secrets
    assert {"password-of-ada", "secret-of-aws", "string-of-azure"} <= set(hidden)
    assert "us-east-1" not in hidden
    assert "password-of-ada" not in repr(load_settings(environ, tmp_path))
    assert "secret-of-aws" not in repr(load_settings(environ, tmp_path))


def test_an_address_for_files_of_a_dotenv_gets_no_key_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTH_FILES=abfs://box@somebody.dfs.core.windows.net/a\n")
    allowed = trusted(tmp_path)
    assert load_settings(allowed, tmp_path).shut_out == ("AZURE_", "FSSPEC_")
    own = allowed | {"QUOTH_FILES": "s3://papers/team"}
    assert load_settings(own, tmp_path).shut_out == ()
