"""`/help`, `/about` and `/forget`."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

from discord import app_commands
from discord.ext import commands

from bot.community.rights import manages, readable
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.replies import say
from bot.discord_bot.text.safe_markdown import literal

HELP = """\
**Ask me about the documents**, and I quote what they say.
- `/ask` a question, mention me, reply to me, or write me a direct message.
- In a message's menu, under *Apps*: **Ask about this**.
- **Show** opens the quote in its place, **Why?** says how it was found, **Follow up** goes on.
- 👍 and 👎 tell the people who keep the documents what is missing. Where I am not sure, \
a 👍 makes it the answer in this server, until a 👎.
- `/sources` lists what I know, `/forget` deletes what I keep of you, `/about` says who I am."""

MANAGERS_HELP = """\
**For managers of this server**
- `/source add`, `remove`, `refresh`; in a message's menu: **Add to sources**.
- `/collection create`, `allow`, `deny`, `list`, `delete`, `managers`: who reads what.
- `/gaps` shows questions without a good answer, and team answers to review.
- `/settings` for threads, listening and the shared library; `/settings erase` erases everything \
I keep of this server."""

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
        await interaction.response.defer(thinking=True, ephemeral=True)
        caller = caller_of(interaction)
        rules = interaction.client.service.rules.of(caller.guild)
        manager = rules is not None and manages(caller, rules)
        text = f"{HELP}\n\n{MANAGERS_HELP}" if manager else HELP
        await say(interaction, text)

    @app_commands.command()
    async def about(self, interaction: Click) -> None:
        """Show version, engine, collections and what is kept of you."""
        await interaction.response.defer(thinking=True, ephemeral=True)
        caller, service = caller_of(interaction), interaction.client.service
        names = readable(caller, service.rules.of(caller.guild))
        labels = ", ".join(literal(service.sources.label(caller, name)) for name in names)
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
        await interaction.response.defer(thinking=True, ephemeral=True)
        count = await interaction.client.service.forget(interaction.user.id)
        text = (
            f"Forgotten: {count} question{'' if count == 1 else 's'}. "
            "Messages already in a channel stay; their buttons no longer work."
        )
        await say(interaction, text)
