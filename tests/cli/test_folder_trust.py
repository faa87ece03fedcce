"""A folder's `.env` sends nothing anywhere, and no key ever, before the person has allowed it.

Real processes with a real environment, wherever a library might read what it should not while it is
imported; servers on loopback write down what they get. A process takes up to three seconds of
imports: where another one has shown that nothing is read then, this process does the same, with the
same environment.
"""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import Result

from tests.doubles.cli_fakes import run
from tests.doubles.recording_server import RecordingServer, recording_server

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bot"]
QUESTION = ("ask", "what are the UN prerequisites?")
CANARY = "canary-of-the-shell"
SHELL_KEYS = {
    "OPENAI_API_KEY": CANARY,
    "OPENAI_ADMIN_KEY": CANARY,
    "OPENAI_ORG_ID": CANARY,
    "OPENAI_PROJECT_ID": CANARY,
    "OPENAI_CUSTOM_HEADERS": f"X-Secret: {CANARY}",
    "QUOTH_LLM_API_KEY": CANARY,
    "DISCORD_TOKEN": CANARY,
}


@pytest.fixture
def attacker() -> Iterator[RecordingServer]:
    with recording_server() as server:
        yield server


@pytest.fixture
def chosen() -> Iterator[RecordingServer]:
    """A server that the person chose."""
    with recording_server() as server:
        yield server


@pytest.fixture
def folder(copied_folder: Path) -> Path:
    return copied_folder


def environ(folder: Path, **more: str) -> dict[str, str]:
    """Return what the shell of these people says; models that only choose quotes stay closed."""
    config = folder.parent / "config"
    models = os.environ["QUOTH_MODELS"]
    more = {"QUOTH_QUALITY": "fast", "QUOTH_READER": "off", "QUOTH_MODELS": models, **more}
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(folder.parent),
            "XDG_CONFIG_HOME": str(config), **more}  # fmt: skip


def quoth(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environ(folder, **more), capture_output=True,
        text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def write_env(folder: Path, **values: str) -> None:
    lines = [f"{name}={value}\n" for name, value in values.items()]
    (folder / ".env").write_text("".join(lines))


def here(folder: Path, *arguments: str, **more: str) -> Result:
    """Do as `quoth` in this process, which starts faster and knows no secret."""
    return run(folder, *arguments, fake=None, stdin=None, **environ(folder, **more))


def in_the_shell(folder: Path, *arguments: str, **more: str) -> Result:
    """Do as `quoth` in this process, where libraries find what the shell says, secrets too."""
    with patch.dict(os.environ, environ(folder, **more), clear=True):
        return here(folder, *arguments, **more)


def trust(folder: Path) -> None:
    assert here(folder, "trust").exit_code == 0


def model_at(server: RecordingServer, **more: str) -> dict[str, str]:
    return {"QUOTH_LLM": "openai/played", "QUOTH_LLM_BASE_URL": f"{server.url}/v1", **more}


def test_a_cloned_folder_gets_neither_question_nor_key(
    folder: Path, attacker: RecordingServer
) -> None:
    write_env(folder, **model_at(attacker))
    done = quoth(folder, *QUESTION, **SHELL_KEYS)
    assert attacker.received == []
    assert (done.returncode, done.stdout[:24]) == (0, "The UN prerequisites for")
    (line,) = done.stderr.splitlines()
    assert "QUOTH_LLM, QUOTH_LLM_BASE_URL" in line
    assert f"`quoth trust {folder}`" in line


def test_an_allowed_address_gets_the_question_and_no_key_of_the_shell(
    folder: Path, attacker: RecordingServer
) -> None:
    write_env(folder, **model_at(attacker))
    trust(folder)
    done = quoth(folder, *QUESTION, **SHELL_KEYS)
    assert "UN prerequisites" in attacker.everything
    assert CANARY not in attacker.everything
    assert done.stderr == ""


def test_a_key_of_the_same_file_goes_with_its_address(
    folder: Path, attacker: RecordingServer
) -> None:
    write_env(folder, **model_at(attacker), QUOTH_LLM_API_KEY="key-of-the-file")
    trust(folder)
    in_the_shell(folder, *QUESTION, **SHELL_KEYS)
    assert "Bearer key-of-the-file" in attacker.everything
    assert CANARY not in attacker.everything


def test_a_changed_file_is_not_the_one_that_was_allowed(
    folder: Path, attacker: RecordingServer, chosen: RecordingServer
) -> None:
    write_env(folder, **model_at(chosen))
    trust(folder)
    write_env(folder, **model_at(attacker))
    assert "not allowed" in quoth(folder, *QUESTION, **SHELL_KEYS).stderr
    assert attacker.received == chosen.received == []
    write_env(folder, **model_at(chosen), QUOTH_QUALITY="fast")  # which sends nothing
    assert here(folder, *QUESTION).stderr == ""
    assert chosen.received != []


def test_trust_ends_when_it_is_taken_back(folder: Path, attacker: RecordingServer) -> None:
    write_env(folder, **model_at(attacker))
    assert quoth(folder, "trust").returncode == 0
    assert str(folder) in here(folder.parent, "trust", "--list", **environ(folder)).stdout
    here(folder.parent, "trust", folder.name, "--remove", **environ(folder))
    assert here(folder, "trust", "--list").stdout == ""
    assert "not allowed" in quoth(folder, *QUESTION, **SHELL_KEYS).stderr
    assert attacker.received == []


def test_what_the_shell_says_needs_no_trust(folder: Path, chosen: RecordingServer) -> None:
    done = here(folder, *QUESTION, **model_at(chosen), OPENAI_API_KEY="key-of-the-shell")
    assert "Bearer key-of-the-shell" in chosen.everything
    assert done.stderr == ""


def test_an_address_of_the_file_does_not_bend_a_model_of_the_shell(
    folder: Path, attacker: RecordingServer, chosen: RecordingServer
) -> None:
    # OpenAI's own address is asked through the person's proxy, which sees the name of the host.
    write_env(folder, QUOTH_LLM_BASE_URL=f"{attacker.url}/v1", OPENAI_BASE_URL=attacker.url)
    in_the_shell(folder, *QUESTION, **SHELL_KEYS, QUOTH_LLM="openai/gpt", HTTPS_PROXY=chosen.url)
    assert attacker.received == []
    assert "CONNECT api.openai.com" in chosen.everything


def test_a_model_named_by_the_file_does_not_spend_the_key_of_the_shell(
    folder: Path, chosen: RecordingServer
) -> None:
    write_env(folder, QUOTH_LLM="openai/gpt")
    done = in_the_shell(folder, *QUESTION, **SHELL_KEYS, HTTPS_PROXY=chosen.url)
    assert chosen.received == []
    assert (done.exit_code, len(done.stderr.splitlines())) == (0, 1)
    trust(folder)
    in_the_shell(folder, *QUESTION, **SHELL_KEYS, HTTPS_PROXY=chosen.url)
    assert "CONNECT api.openai.com" in chosen.everything


def test_a_key_of_the_file_does_not_take_the_passages_to_its_account(
    folder: Path, chosen: RecordingServer
) -> None:
    write_env(folder, QUOTH_LLM_API_KEY="key-of-the-file", OPENAI_API_KEY="key-of-the-file")
    keys = {"OPENAI_API_KEY": "key-of-the-shell"}
    done = in_the_shell(folder, *QUESTION, **model_at(chosen), **keys)
    assert "Bearer key-of-the-shell" in chosen.everything
    assert "key-of-the-file" not in chosen.everything
    assert "QUOTH_LLM_API_KEY" in done.stderr


@pytest.mark.parametrize("trusted", [pytest.param(False, marks=pytest.mark.long), True])
def test_no_library_reads_the_file_by_itself(
    folder: Path, attacker: RecordingServer, chosen: RecordingServer, trusted: bool
) -> None:
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "OPENAI_BASE_URL",
             "OPENAI_API_BASE", "CHROMA_SERVER_HOST", "CHROMA_OTEL_COLLECTION_ENDPOINT",
             "HF_ENDPOINT", "LLAMA_CLOUD_BASE_URL", "OLLAMA_HOST")  # fmt: skip
    write_env(folder, CHROMA_SERVER_HTTP_PORT=attacker.url.rpartition(":")[2],
              **dict.fromkeys(names, attacker.url))  # fmt: skip
    if trusted:
        trust(folder)
    quoth(folder, *QUESTION, **model_at(chosen), OPENAI_API_KEY="key-of-the-shell")
    (folder / "documents" / "new.md").write_text("A new document.")
    assert quoth(folder, "sync").returncode == 0
    assert "Bearer key-of-the-shell" in chosen.everything
    assert attacker.received == []


def test_a_chroma_server_of_the_file_gets_nothing_unasked(
    folder: Path, attacker: RecordingServer
) -> None:
    write_env(folder, QUOTH_CHROMA_URL=attacker.url)
    done = quoth(folder, *QUESTION, **SHELL_KEYS)
    assert attacker.received == []
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1)
    trust(folder)
    quoth(folder, *QUESTION, **SHELL_KEYS)
    assert attacker.received != []
    assert CANARY not in attacker.everything


def test_an_index_on_a_server_that_is_not_allowed_is_left_as_it_is(
    folder: Path, attacker: RecordingServer
) -> None:
    shutil.rmtree(folder / ".quoth" / "chroma")  # as if the vectors were on the server
    write_env(folder, QUOTH_CHROMA_URL=attacker.url)
    (folder / "documents" / "new.md").write_text("A new document.")
    for search in (quoth, here):
        done = search(folder, "search", "prerequisites")
        assert "un-peacekeeping-prerequisites.md" in done.stdout
        assert not (folder / ".quoth" / "chroma").exists()
    synced = quoth(folder, "sync")
    assert (synced.returncode, "quoth trust" in synced.stderr) == (2, True)
    assert attacker.received == []


@pytest.mark.parametrize("model", ["openai/text-embedding-3-small", "huggingface/documents/model"])
def test_an_embedding_model_of_the_file_is_not_used_unasked(
    folder: Path, attacker: RecordingServer, model: str
) -> None:
    write_env(folder, QUOTH_EMBEDDINGS=model, OPENAI_API_BASE=attacker.url)
    done = in_the_shell(folder, *QUESTION, **SHELL_KEYS)
    assert attacker.received == []
    assert done.stdout.startswith("The UN prerequisites for")
    assert "QUOTH_EMBEDDINGS" in done.stderr
    trust(folder)  # then it is: in this project's environment its package is not installed
    assert model in here(folder, "sync").stderr


@pytest.mark.parametrize("name", ["QUOTH_DISCORD_API_URL", "QUOTH_DISCORD_GATEWAY_URL"])
def test_the_token_of_the_shell_does_not_go_to_an_address_of_the_file(
    folder: Path, attacker: RecordingServer, name: str
) -> None:
    address = attacker.url if "API" in name else attacker.url.replace("http", "ws")
    write_env(folder, **{name: address})
    for trusted in (False, True):
        if trusted:
            trust(folder)
        done = in_the_shell(folder, "discord", **SHELL_KEYS, HTTPS_PROXY=attacker.url)
        assert done.exit_code == 2
        assert name in done.stderr
        assert attacker.received == []


def test_a_token_goes_to_the_address_of_the_same_file(
    folder: Path, attacker: RecordingServer
) -> None:
    write_env(folder, QUOTH_DISCORD_API_URL=attacker.url, DISCORD_TOKEN="token-of-the-file")
    trust(folder)
    quoth(folder, "discord", **SHELL_KEYS)
    assert "Bot token-of-the-file" in attacker.everything
    assert CANARY not in attacker.everything


def test_a_bot_of_whoever_wrote_the_file_does_not_start_unasked(folder: Path) -> None:
    write_env(folder, DISCORD_TOKEN="token-of-the-file")
    done = here(folder, "discord")
    assert (done.exit_code, "DISCORD_TOKEN" in done.stderr) == (2, True)
    assert "token-of-the-file" not in done.stderr
    assert here(folder, *QUESTION).stderr == ""  # a question needs no bot


@pytest.mark.parametrize("name", ["QUOTH_DOCUMENTS", "QUOTH_HOME"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_folder_elsewhere_is_not_opened_unasked(folder: Path, name: str, linked: bool) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "diary.md").write_text("The diary says that Ada came.")
    (folder / "link").symlink_to(elsewhere)
    write_env(folder, **{name: "link" if linked else str(elsewhere)})
    done = here(folder, "ask", "What does the diary say?")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"You have not allowed {name}" in done.stderr
    assert [each.name for each in elsewhere.iterdir()] == ["diary.md"]


def test_a_home_elsewhere_is_neither_backed_up_nor_replaced_unasked(folder: Path) -> None:
    assert here(folder, "sync").exit_code == 0
    assert here(folder, "backup", "own.zip").exit_code == 0
    elsewhere = folder.parent / "elsewhere"
    (folder / ".quoth").rename(elsewhere)
    before = {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")}
    write_env(folder, QUOTH_HOME=str(elsewhere))
    for command in (("backup", "other.zip"), ("restore", "own.zip", "--yes")):
        done = here(folder, *command)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "You have not allowed QUOTH_HOME" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")} == before
    assert not (folder / "other.zip").exists()


def test_prompts_of_the_file_do_not_reach_a_model_of_the_shell(
    folder: Path, chosen: RecordingServer
) -> None:
    private = folder.parent / "private.txt"
    private.write_text("words-of-a-private-file $not_in_sources $missing")
    (folder / "own").mkdir()
    (folder / "own" / "system.md").symlink_to(private)
    write_env(folder, QUOTH_PROMPTS="own")
    done = here(folder, *QUESTION, **model_at(chosen))
    assert "UN prerequisites" in chosen.everything
    assert "words-of-a-private-file" not in chosen.everything
    assert "QUOTH_PROMPTS" in done.stderr


def test_doctor_says_where_each_address_comes_from_and_no_secret(
    folder: Path, attacker: RecordingServer
) -> None:
    address = "http://ada:pass-word@127.0.0.1:9/v1?key=in-the-query"
    keys = {"OPENAI_API_KEY": "key-of-the-file"}
    write_env(folder, QUOTH_LLM="openai/played", QUOTH_LLM_BASE_URL=address, **keys)
    for allowed in ("not allowed", "allowed"):
        if allowed == "allowed":
            trust(folder)
        shell = {"QUOTH_CHROMA_URL": attacker.url.replace("//", "//ada:pass-word@")}
        check = quoth if allowed == "allowed" else in_the_shell
        done = check(folder, "doctor", **SHELL_KEYS, **shell)
        (line,) = [each for each in done.stdout.splitlines() if " addresses " in each]
        file = f"'{folder / '.env'}'"
        assert f"QUOTH_LLM_BASE_URL=http://127.0.0.1:9/v1 from {file} ({allowed})" in line
        assert f"QUOTH_CHROMA_URL={attacker.url} from the environment" in line
        for secret in ("pass-word", "key-of-the-file", "in-the-query", CANARY):
            assert secret not in done.stdout + done.stderr


def on_terminal(folder: Path, typed: bytes, *arguments: str, **more: str) -> str:
    """Run `quoth` on a pseudo-terminal and return what stands on it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, env=environ(folder, **more), stdin=theirs,
        stdout=subprocess.PIPE, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(ours, typed)
        assert process.stdout is not None
        out = process.stdout.read()
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # the other end is closed
        os.close(ours)
    return (shown + out).decode()


def test_on_a_terminal_a_person_is_asked(folder: Path, attacker: RecordingServer) -> None:
    write_env(folder, **model_at(attacker), OPENAI_API_KEY="key-of-the-file")
    refused = on_terminal(folder, b"n\n", *QUESTION)
    assert f"QUOTH_LLM_BASE_URL={attacker.url}/v1: questions and passages go there" in refused
    assert "key-of-the-file" not in refused
    assert attacker.received == []
    on_terminal(folder, b"y\n", *QUESTION, **SHELL_KEYS)
    assert len(attacker.received) == 1
    assert "Bearer key-of-the-file" in attacker.everything
    assert CANARY not in attacker.everything
    here(folder, *QUESTION)  # it stays allowed
    assert len(attacker.received) == 2


def test_what_is_allowed_stands_outside_the_folder_and_holds_no_key(folder: Path) -> None:
    write_env(folder, QUOTH_LLM="openai/gpt", OPENAI_API_KEY="key-of-the-file")
    before = sorted(folder.rglob("*"))
    trust(folder)
    assert sorted(folder.rglob("*")) == before
    (kept,) = (folder.parent / "config" / "quoth" / "trusted").iterdir()
    assert "key-of-the-file" not in kept.read_text()


def test_a_folder_with_nothing_to_allow_is_told_so(folder: Path) -> None:
    done = here(folder, "trust")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith(f"There is no {folder / '.env'}, ")
    (folder / ".env").write_text("# nothing yet\n")
    done = here(folder, "trust")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "needs to be allowed" in done.stderr
