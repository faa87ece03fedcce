"""Whether what Quoth is connected with is well: a language model, Discord, programs."""

from __future__ import annotations

from contextlib import closing

from bot.access.token_records import TOKENS_FILE, open_tokens_of
from bot.app import model_config
from bot.cli.health_examination import Finding, Patient
from bot.community.collection_names import is_of_channel
from bot.discord_bot.invite import application_of, invite_link


def language_model_finding(patient: Patient) -> Finding:
    """Say which language model is configured."""
    model = patient.settings.llm
    if model is None:
        return Finding("off", "none; answers are quotes only (QUOTH_LLM)")
    from bot.language_models.providers import open_model

    open_model(model_config(patient.settings))
    return Finding("ok", f"{model} is installed and configured")


def discord_finding(patient: Patient) -> Finding:
    """Say whether there is a token, and how to invite the bot."""
    token = patient.settings.discord_token
    if token is None:
        return Finding("off", "no token; set DISCORD_TOKEN to use it")
    application = application_of(token.get_secret_value())
    if application is None:
        return Finding("ok", "a token is set")
    return Finding("ok", f"a token is set; invite the bot with {invite_link(application)}")


def channel_finding(patient: Patient) -> Finding:
    """Say whether channels of Discord are sources, and whether they are searched."""
    builds = patient.library.catalog.builds()
    count = sum(is_of_channel(one.collection) for one in builds)
    if not count:
        return Finding("off", "no channel of a Discord server is a source")
    detail = f"channels of Discord among the sources: {count}"
    if patient.settings.message_content == "on":
        return Finding("ok", detail)
    return Finding(
        "problem",
        f"{detail}, but Discord does not show the bot what people write: they are not searched",
        "Switch on the Message Content intent of the bot at https://discord.com/developers and set "
        "QUOTH_MESSAGE_CONTENT=on, or remove them with /source remove.",
    )


def tokens_finding(patient: Patient) -> Finding:
    """Say how many programs have a token, and which tokens never expire."""
    is_shared = patient.settings.database_url is not None
    if not is_shared and not (patient.settings.home / TOKENS_FILE).exists():
        return Finding("off", "no program has a token; `quoth token create` makes one")
    with closing(open_tokens_of(patient.settings.index)) as records:
        tokens = records.all()
    lasting = [one.name or one.id for one in tokens if one.expires is None]
    detail = f"{len(tokens)} of programs"
    if lasting:
        never = "never expires" if len(lasting) == 1 else "never expire"
        detail += f"; {len(lasting)} {never}: {', '.join(map(repr, lasting[:5]))}"
        detail += ", …" if len(lasting) > 5 else ""
    return Finding("ok" if tokens else "off", detail)
