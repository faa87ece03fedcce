"""`/help`, `/about` and `/forget`."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

from discord import app_commands
from discord.ext import commands

from bot.community.rights import Caller, GuildRules, manages, readable
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.direct_messages import caller_here
from bot.discord_bot.promises import think
from bot.discord_bot.replies import say
from bot.discord_bot.text.safe_markdown import literal

HELP = """\
**Ask me about the documents**, and I quote what they say.
- {ways}
- In a message's menu, under *Apps*: **Ask about this**.
- **Show** opens the quote in its place, **Why?** says how it was found, **Follow up** goes on.
- 👍 and 👎 tell the people who keep the documents what is missing.{confirming}
- `/sources` lists what I know, `/forget` deletes what I keep of you, `/about` says who I am."""

IN_SERVER = "`/ask` a question, mention me, reply to me, or write me a direct message."
DIRECTLY = (
    "Write me your question, or use `/ask`; **Documents** below an answer chooses where I look."
)
CONFIRMING = " Where I am not sure, a 👍 makes it the answer in this server, until a 👎."

MANAGERS_HELP = """\
**For managers of this server**
- `/source add`, `remove`, `refresh`; in a message's menu: **Add to sources**.
- `/source channel`: quote what is said in a channel or forum, to those who read it.
- `/collection create`, `allow`, `deny`, `list`, `delete`{managers}: who reads what.
- `/gaps` shows questions without a good answer, and team answers to review.
- `/settings` for threads, listening and the shared library; `/settings erase` erases everything \
I keep of this server."""

NOT_SHOWN = (
    "\n-# Does Discord not show you these? Someone with Manage Server can let your role see them: "
    "Server Settings, Integrations, my name."
)

PRIVACY = (
    "I keep questions and answers so that buttons and follow-ups work, and unanswered questions "
    "{names}. `/forget` deletes yours."
)
LEAVING = "What I keep of a server is erased {days} days after I was removed from it."
NAMELESS = "without a name"
NO_HISTORY = "I do not remember conversations."
NAMED = "with your name, which the managers of the server see"


class About(commands.Cog):
    """What the bot says of itself."""

    @app_commands.command()
    async def help(self, interaction: Click) -> None:
        """Show what you can do here."""
        await think(interaction)
        caller = caller_of(interaction)
        rules = interaction.client.service.rules.of(caller.guild)
        await say(interaction, help_for(caller, rules))

    @app_commands.command()
    async def about(self, interaction: Click) -> None:
        """Show version, engine, collections and what is kept of you."""
        await think(interaction)
        caller, service = await caller_here(interaction), interaction.client.service
        names = readable(caller, service.rules.of(caller.home))
        labels = ", ".join(literal(service.sources.listed.label(caller, name)) for name in names)
        days = service.settings.history_days
        expiry = f"Conversations expire after {days} days." if days else NO_HISTORY
        kept = PRIVACY.format(names=NAMED if service.settings.gap_names == "on" else NAMELESS)
        installed = await asyncio.to_thread(version, "quoth")
        text = (
            f"**Quoth {installed}** answers from documents and quotes its sources.\n"
            f"- Engine: {literal(service.settings.llm or 'quotes only, no language model')}\n"
            f"- Open to you here: {labels or 'nothing'}\n"
            f"- {kept} {expiry}\n"
            f"- {LEAVING.format(days=service.settings.keep_days_after_leaving)}"
        )
        await say(interaction, text)

    @app_commands.command()
    async def forget(self, interaction: Click) -> None:
        """Delete your questions, their answers and your ratings from my memory."""
        await think(interaction)
        count = await interaction.client.service.forget(interaction.user.id)
        text = (
            f"Forgotten: {count} question{'' if count == 1 else 's'}. "
            "Messages already in a channel stay; their buttons no longer work. What you wrote in "
            "channels that are sources is left out of them from now on."
        )
        await say(interaction, text)


def help_for(caller: Caller, rules: GuildRules | None) -> str:
    """Return what a person can do here; `rules` are None in a direct message."""
    if rules is None:
        return HELP.format(ways=DIRECTLY, confirming="")
    text = HELP.format(ways=IN_SERVER, confirming=CONFIRMING)
    if not manages(caller, rules):
        return text
    named = ", `managers`" if caller.manager else ""
    hint = "" if caller.manager else NOT_SHOWN
    return f"{text}\n\n{MANAGERS_HELP.format(managers=named)}{hint}"
