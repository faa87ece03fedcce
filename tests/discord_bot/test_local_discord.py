"""The local Discord, tried with the real discord.py client and a small bot of its own."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles.discord import rules as rules
from tests.doubles.discord.server import (
    MANAGE_GUILD,
    READ_HISTORY,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    Channel,
    DiscordServer,
    GuildHandle,
    Person,
    Upload,
    pointed_at,
)


class Persistent(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"show:(?P<number>\d+)"):
    """A button whose state is in its custom_id."""

    def __init__(self, number: int) -> None:
        super().__init__(discord.ui.Button(label=f"Show {number}", custom_id=f"show:{number}"))
        self.number = number

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: Any, match: Any
    ) -> Persistent:
        return cls(int(match["number"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Card {self.number}", ephemeral=True)


class Form(discord.ui.Modal, title="Tell us"):
    reason: discord.ui.TextInput[Form] = discord.ui.TextInput(label="Reason", max_length=20)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Noted: {self.reason.value}", ephemeral=True)


class Throwaway(discord.Client):
    """A bot with one of everything."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("intents", discord.Intents.default())
        super().__init__(
            allowed_mentions=discord.AllowedMentions.none(), guild_ready_timeout=0.1, **options
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Persistent)
        commands: list[Any] = [ask, hang, now, twice, form, manage, add, about, pick, card]
        for command in commands:
            self.tree.add_command(command)
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Leave out discord.py's five seconds."""

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user:
            return
        self.heard.append(message)
        if message.content.endswith("thread"):
            thread = await message.create_thread(name="A talk")
            await thread.send("Hello thread")
        elif message.content.endswith("twice"):
            for _ in range(2):
                await message.channel.send("once", nonce="same")
        elif message.content:
            await message.reply(f"echo: {message.content}", mention_author=False)


@app_commands.command(description="Asks")
async def ask(interaction: discord.Interaction, question: str, source: str = "") -> None:
    await interaction.response.defer(thinking=True)
    view = discord.ui.View(timeout=None)
    view.add_item(Persistent(1))
    view.add_item(Persistent(2))
    await interaction.edit_original_response(content=f"You asked: {question}", view=view)
    await interaction.followup.send("only you", ephemeral=True)


@ask.autocomplete("source")
async def sources(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{current}-{n}", value=str(n)) for n in range(2)]


@app_commands.command(description="Never answers")
async def hang(interaction: discord.Interaction) -> None: ...


@app_commands.command(description="Answers at once")
async def now(interaction: discord.Interaction, private: bool = False) -> None:
    await interaction.response.send_message("first", ephemeral=private)
    await interaction.edit_original_response(content="second")


@app_commands.command(description="Responds twice")
async def twice(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("one")
    adapter = discord.webhook.async_.async_context.get()
    params = discord.webhook.async_.interaction_message_response_params(
        type=4, content="two", allowed_mentions=discord.AllowedMentions.none()
    )
    with contextlib.suppress(discord.HTTPException):
        await adapter.create_interaction_response(
            interaction.id, interaction.token, session=interaction._session, params=params
        )


@app_commands.command(description="Opens a form")
async def form(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Form())


@app_commands.command(description="For managers")
@app_commands.default_permissions(manage_guild=True)
async def manage(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("managed")


@app_commands.command(description="Takes a file")
async def add(interaction: discord.Interaction, file: discord.Attachment) -> None:
    await interaction.response.defer(thinking=True, ephemeral=True)
    content = await file.read()
    await interaction.edit_original_response(
        content=f"{file.filename}: {len(content)}",
        attachments=[discord.File(io.BytesIO(content[::-1]), "back.txt")],
    )


@app_commands.context_menu(name="About this")
async def about(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"About: {message.content}", ephemeral=True)


@app_commands.command(description="Offers a choice")
async def pick(interaction: discord.Interaction) -> None:
    select: discord.ui.Select[Any] = discord.ui.Select(
        placeholder="Colour",
        options=[discord.SelectOption(label="Red", value="r"), discord.SelectOption(label="Blue")],
    )

    async def chosen(interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content=select.values[0], view=None)

    select.callback = chosen  # type: ignore[method-assign]
    view = discord.ui.View()
    view.add_item(select)
    await interaction.response.send_message("Which?", view=view)


@app_commands.command(description="Shows a layout")
async def card(interaction: discord.Interaction) -> None:
    layout = discord.ui.LayoutView()
    layout.add_item(
        discord.ui.Container(
            discord.ui.TextDisplay("# A card"), discord.ui.ActionRow(Persistent(3).item)
        )
    )
    await interaction.response.defer(ephemeral=True)
    await interaction.edit_original_response(view=layout)


@contextlib.asynccontextmanager
async def running(server: DiscordServer, **options: Any) -> AsyncIterator[Throwaway]:
    with pointed_at(server):
        async with Throwaway(**options) as bot:
            task = asyncio.create_task(bot.start(server.hub.token))
            try:
                await server.gateway.connected()
                yield bot
                # A client that closes before it is ready leaves a task that fails.
                await bot.wait_until_ready()
            finally:
                await bot.close()
                await asyncio.gather(task, return_exceptions=True)


class Place:
    """A server with a bot, a channel and two people."""

    def __init__(self, server: DiscordServer, bot: Throwaway) -> None:
        self.server = server
        self.bot = bot
        self.guild: GuildHandle = server.guild("Acme")
        self.general: Channel = self.guild.text("general")
        self.ann: Person = self.guild.member("Ann")
        self.bob: Person = self.guild.member("Bob")


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def place(server: DiscordServer) -> AsyncIterator[Place]:
    async with running(server) as bot:
        yield Place(server, bot)


# --- commands and responses ------------------------------------------------------------------


async def test_a_deferred_answer_is_seen_once_it_stops_thinking(place: Place) -> None:
    asked = await place.ann.slash("ask", question="Who?", in_=place.general)
    answer = await place.ann.sees("You asked", to=asked)
    assert answer.text == "You asked: Who?"
    assert answer.buttons == ["Show 1", "Show 2"]
    assert (await place.bob.sees(in_=place.general)).text == "You asked: Who?"
    private = await place.ann.sees("only you")
    assert private.ephemeral
    assert place.bob.unseen() == []
    place.server.assert_clean()


async def test_a_button_answers_after_a_restart(server: DiscordServer) -> None:
    async with running(server) as bot:
        place = Place(server, bot)
        asked = await place.ann.slash("ask", question="Who?", in_=place.general)
        answer = await place.ann.sees("You asked", to=asked)
        await place.ann.sees("only you")
    async with running(server):
        card = await place.bob.sees(to=await place.bob.click(answer, "Show 2"))
        assert (card.text, card.ephemeral) == ("Card 2", True)
        assert place.ann.unseen() == []
        forged = await place.bob.forge("show:99", in_=place.general)
        assert (await place.bob.sees(to=forged)).text == "Card 99"
    server.assert_clean()


async def test_autocomplete_offers_choices(place: Place) -> None:
    offered = await place.ann.autocomplete("ask", question="x", source="un", in_=place.general)
    assert offered == [("un-0", "0"), ("un-1", "1")]


async def test_a_form_opens_and_is_sent(place: Place) -> None:
    modal = await place.ann.sees_modal(await place.ann.slash("form", in_=place.general))
    assert (modal.title, list(modal.fields)) == ("Tell us", ["Reason"])
    with pytest.raises(ValueError, match="does not take 21 characters"):
        await place.ann.submit(modal, {"Reason": "x" * 21})
    sent = await place.ann.submit(modal, {"Reason": "too short"})
    assert (await place.ann.sees(to=sent)).text == "Noted: too short"
    place.server.assert_clean()


async def test_a_select_updates_its_message(place: Place) -> None:
    asked = await place.ann.sees("Which?", to=await place.ann.slash("pick", in_=place.general))
    chosen = await place.ann.choose(asked, "Colour", "Red")
    assert (await place.ann.sees("r", to=chosen)).text == "r"
    place.server.assert_clean()


async def test_a_layout_of_components_v2_is_shown_and_works(place: Place) -> None:
    shown = await place.ann.sees(to=await place.ann.slash("card", in_=place.general))
    assert (shown.text, shown.buttons) == ("# A card", ["Show 3"])
    assert (await place.ann.sees(to=await place.ann.click(shown, "Show 3"))).text == "Card 3"
    place.server.assert_clean()


async def test_what_was_asked_while_the_line_was_cut_is_answered(place: Place) -> None:
    await place.server.gateway.drop()
    asked = await place.ann.slash("ask", question="Still there?", in_=place.general)
    assert await place.ann.sees("Still there?", to=asked)
    await place.ann.sees("only you")
    place.server.assert_clean()


async def test_a_message_menu_gets_the_whole_message(place: Place) -> None:
    said = await place.bob.say("unmentioned words", in_=place.general)
    about = await place.ann.menu("About this", said)
    assert (await place.ann.sees(to=about)).text == "About: unmentioned words"


async def test_files_travel_both_ways(place: Place) -> None:
    asked = await place.ann.slash("add", file=Upload("a.txt", b"abc"), in_=place.general)
    shown = await place.ann.sees(to=asked)
    assert shown.text == "a.txt: 3"
    async with aiohttp.ClientSession() as session:
        response = await session.get(shown.attachments[0]["url"])
        assert await response.read() == b"cba"
    place.server.assert_clean()


async def test_what_a_client_would_not_send_raises(place: Place) -> None:
    tried: list[tuple[str, type[Exception], dict[str, Any]]] = [
        ("nothing", LookupError, {}),
        ("ask", ValueError, {}),
        ("ask", ValueError, {"question": 5}),
        ("ask", LookupError, {"question": "x", "other": "y"}),
        ("manage", PermissionError, {}),
    ]
    for name, error, entered in tried:
        with pytest.raises(error):
            await place.ann.slash(name, in_=place.general, **entered)
    boss = place.guild.member("Boss", place.guild.role("managers", MANAGE_GUILD))
    assert await boss.sees("managed", to=await boss.slash("manage", in_=place.general))


# --- what is judged --------------------------------------------------------------------------


async def test_silence_is_a_problem(place: Place) -> None:
    place.server.deadline = 0.2
    asked = await place.ann.slash("hang", in_=place.general)
    with pytest.raises(AssertionError, match="the application did not respond"):
        await place.ann.sees(to=asked)
    with pytest.raises(AssertionError, match="no response to /hang within"):
        place.server.assert_clean()


async def test_a_second_first_response_is_a_problem(place: Place) -> None:
    await place.ann.sees(to=await place.ann.slash("twice", in_=place.general))
    await place.server.hub.until(
        lambda: any(r.status == 400 for r in place.server.log), within=5, what="refusal"
    )
    assert place.server.problems == ["response to /twice: a second first response"]


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"content": "x" * 2001}, "content has 2001 characters"),
        ({"content": "\U0001f600" * 1001}, "content has 2002 characters"),
        ({"content": ""}, "the message is empty"),
        ({"content": "x", "allowed_mentions": discord.AllowedMentions.all()}, "pinged"),
        ({"embed": discord.Embed(title="x" * 257)}, "embed title has 257"),
        (
            {"embeds": [discord.Embed(description="x" * 4000) for _ in range(2)]},
            "more than 6000",
        ),
    ],
)
async def test_a_message_over_a_limit_is_refused_and_listed(
    place: Place, sent: dict[str, Any], problem: str
) -> None:
    await place.server.gateway.connected()
    await place.ann.mention("hello", in_=place.general)
    await place.ann.sees("echo", in_=place.general)
    channel = place.bot.get_channel(int(place.general.id))
    assert isinstance(channel, discord.TextChannel)
    with pytest.raises(discord.HTTPException, match="Invalid Form Body"):
        await channel.send(**sent)
    with pytest.raises(AssertionError, match=problem):
        place.server.assert_clean()


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([{"type": 1, "components": [{"type": 2, "style": 1, "label": "x"}]}], "no custom_id"),
        ([{"type": 1, "components": []}] * 6, "at most 5 action rows"),
        (
            [{"type": 1, "components": [{"type": 2, "custom_id": "a", "label": "x"}] * 2}],
            "used twice",
        ),
        (
            [{"type": 1, "components": [{"type": 2, "custom_id": "a" * 101, "label": "x"}]}],
            "custom_id has 101",
        ),
        (
            [{"type": 1, "components": [{"type": 2, "custom_id": "a", "label": "x" * 81}]}],
            "label has 81",
        ),
        (
            [{"type": 1, "components": [{"type": 3, "custom_id": "a", "options": []}]}],
            "0 select options",
        ),
        ([{"type": 10, "content": "x"}], "component type 10"),
    ],
)
def test_component_limits(items: list[dict[str, Any]], problem: str) -> None:
    assert problem in "\n".join(rules.components(items, v2=False))


def test_components_v2_replace_content() -> None:
    text = {"type": 17, "components": [{"type": 10, "content": "x" * 2500}] * 2}
    payload = {
        "flags": 1 << 15, "content": "y", "components": [text], "allowed_mentions": {"parse": []}
    }  # fmt: skip
    assert rules.message(payload, new=True) == [
        "a message with Components V2 may have no content, embeds or poll",
        "the text displays have more than 4000 characters together",
    ]


def test_command_modal_choice_and_thread_limits() -> None:
    option = {"type": 3, "name": "q", "description": "d"}
    assert rules.commands([{"name": "ask", "description": "d", "options": [option]}]) == []
    broken: list[dict[str, Any]] = [
        {"name": "Ask", "description": "", "options": [option, option | {"required": True}]},
        {"name": "m", "type": 3, "description": "x"},
    ]
    assert len(rules.commands(broken)) == 4
    text = {"type": 4, "custom_id": "a", "label": "x" * 46}
    modal = {"title": "x" * 46, "custom_id": "", "components": [{"type": 1, "components": [text]}]}
    assert len(rules.modal(modal)) == 3
    assert len(rules.choices([{"name": "", "value": "x" * 101}] * 26)) == 53
    assert len(rules.thread({"name": "", "auto_archive_duration": 5})) == 2
    assert rules.files([rules.FILE_LIMIT + 1] * 3)[-1].endswith(
        f"{rules.REQUEST_LIMIT} are allowed"
    )


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=2100))
def test_content_is_counted_in_utf_16(text: str) -> None:
    size = len(text.encode("utf-16-le", "surrogatepass")) // 2
    problems = rules.message({"content": text, "allowed_mentions": {"parse": []}}, new=False)
    assert (problems == []) == (size <= 2000)


# --- messages, rights, content ---------------------------------------------------------------


async def test_content_is_stripped_as_discord_strips_it(place: Place) -> None:
    ann, bot = place.ann, place.bot
    await ann.say("nobody is meant", in_=place.general)
    await ann.mention("you are meant")
    echo = await ann.sees("echo", in_=place.general)
    await ann.reply(echo, "a reply with ping")
    await ann.sees("echo: a reply", in_=place.general)
    now = await ann.sees("second", to=await ann.slash("now"))
    await ann.reply(now, "to a response")
    await ann.dm("directly")
    assert (await ann.sees("directly")).channel.recipient is ann.user
    assert bot.user is not None
    heard = [message.content for message in bot.heard]
    assert heard == ["", f"<@{bot.user.id}> you are meant", "a reply with ping", "", "directly"]
    place.server.assert_clean()


async def test_content_comes_with_the_intent(server: DiscordServer) -> None:
    server.gateway.allowed = 1 << 15
    intents = discord.Intents.default()
    intents.message_content = True
    async with running(server, intents=intents) as bot:
        place = Place(server, bot)
        await place.ann.say("anything", in_=place.general)
        assert await place.ann.sees("echo: anything", in_=place.general)


async def test_edits_and_deletions_are_announced_and_the_text_hidden(place: Place) -> None:
    bot, edits, gone = place.bot, list[tuple[int, str]](), list[int]()

    async def on_raw_message_edit(event: discord.RawMessageUpdateEvent) -> None:
        edits.append((event.message_id, event.message.content))

    async def on_raw_message_delete(event: discord.RawMessageDeleteEvent) -> None:
        gone.append(event.message_id)

    async def on_raw_bulk_message_delete(event: discord.RawBulkMessageDeleteEvent) -> None:
        gone.extend(sorted(event.message_ids))

    for listener in (on_raw_message_edit, on_raw_message_delete, on_raw_bulk_message_delete):
        setattr(bot, listener.__name__, listener)
    said = [await place.ann.say(f"text {number}", in_=place.general) for number in range(3)]
    ids = [int(message.id) for message in said]
    await place.ann.edit(said[0], "another")
    await place.ann.delete(said[0])
    await place.server.hub.delete_many(said[1:])
    await place.ann.mention("done")
    await place.ann.sees("done")
    assert edits == [(ids[0], "")]
    assert gone == ids


async def test_a_private_thread_is_seen_by_its_members(place: Place) -> None:
    me = place.server.world.bot
    thread = await place.ann.private_thread("hush", me, in_=place.general)
    await place.ann.mention("a secret", in_=thread)
    assert await place.ann.sees("echo", in_=thread)
    assert place.bob.screen(thread) == []


async def test_an_outage_is_told_from_being_put_out(place: Place) -> None:
    bot, told = place.bot, list[str]()

    async def on_guild_unavailable(guild: discord.Guild) -> None:
        told.append(f"{guild.name} is away")

    async def on_guild_remove(guild: discord.Guild) -> None:
        told.append(f"{guild.name} put me out")

    for listener in (on_guild_unavailable, on_guild_remove):
        setattr(bot, listener.__name__, listener)
    await bot.wait_until_ready()
    other = place.server.guild("Other")
    await place.ann.mention("joined", in_=place.general)
    await place.ann.sees("joined")
    other.outage()
    other.remove_bot()
    await place.ann.mention("left")
    await place.ann.sees("left")
    assert told == ["Other is away", "Other put me out"]


async def test_a_thread_and_a_repeated_nonce(place: Place) -> None:
    await place.ann.mention("please open a thread", in_=place.general)
    assert (await place.ann.sees("Hello thread")).channel.name == "A talk"
    await place.ann.mention("twice", in_=place.general)
    await place.ann.sees("once", in_=place.general)
    await place.ann.mention("done")
    await place.ann.sees("done")
    assert [s.text for s in place.ann.screen(place.general)].count("once") == 1
    place.server.assert_clean()


async def test_who_may_not_see_a_channel_sees_nothing(place: Place) -> None:
    staff = place.guild.role("staff")
    secret = place.guild.text("secret", only=[staff])
    place.guild.grant(place.ann, staff)
    await place.ann.mention("canary", in_=secret)
    answer = await place.ann.sees("canary", in_=secret)
    assert place.bob.unseen() == []
    with pytest.raises(LookupError):
        await place.bob.click(answer, "anything")
    place.guild.revoke(place.ann, staff)
    assert place.ann.screen(secret) == []


@pytest.mark.parametrize(
    ("deny", "code"), [(VIEW_CHANNEL, 50001), (SEND_MESSAGES, 50013), (READ_HISTORY, 160002)]
)
async def test_missing_rights_are_refused_with_discords_code(
    place: Place, deny: int, code: int
) -> None:
    await place.ann.mention("warm up", in_=place.general)
    sent = await place.ann.sees("warm up", in_=place.general)
    place.guild.overwrite(place.general, place.server.world.bot, deny=deny)
    channel = place.bot.get_partial_messageable(int(place.general.id))
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send(
            "x",
            reference=discord.MessageReference(
                message_id=int(sent.message.id), channel_id=int(place.general.id)
            ),
        )
    assert refused.value.code == code


async def test_a_forum_post_starts_a_thread(server: DiscordServer) -> None:
    server.gateway.allowed = 1 << 15
    intents = discord.Intents.default()
    intents.message_content = True
    async with running(server, intents=intents) as bot:
        place = Place(server, bot)
        forum = place.guild.forum("help")
        post = await place.ann.forum_post("How?", "It does not work", in_=forum)
        assert (await place.ann.sees("echo: It does", in_=post.channel)).channel.parent is forum


async def test_closed_direct_messages_are_refused(place: Place) -> None:
    place.ann.user.dms_closed = True
    user = discord.Object(int(place.ann.id))
    with pytest.raises(discord.Forbidden) as refused:
        channel = await place.bot.create_dm(user)
        await channel.send("x")
    assert refused.value.code == 50007


# --- gateway and rate limits -----------------------------------------------------------------


@pytest.mark.parametrize("how", ["cut", "closed", "op 7", "op 9 resumable"])
async def test_a_lost_connection_is_resumed_and_misses_nothing(place: Place, how: str) -> None:
    gateway = place.server.gateway
    if how == "op 7":
        await gateway.reconnect()
    elif how == "op 9 resumable":
        await gateway.invalidate(resumable=True)
    else:
        await gateway.drop(4000 if how == "closed" else None)
    await place.ann.mention("while you were away", in_=place.general)
    assert await place.ann.sees("echo", in_=place.general)
    assert (len(gateway.identified), len(gateway.resumed)) == (1, 1)


async def test_a_lost_session_is_identified_anew(place: Place) -> None:
    gateway = place.server.gateway
    await gateway.invalidate()
    await asyncio.sleep(0)
    await gateway.connected()
    await place.ann.mention("hello again", in_=place.general)
    assert await place.ann.sees("echo", in_=place.general)
    assert (len(gateway.identified), len(gateway.resumed)) == (2, 0)


async def test_a_wrong_token_is_refused(server: DiscordServer) -> None:
    with pointed_at(server):
        async with discord.Client(intents=discord.Intents.default()) as client:
            with pytest.raises(discord.LoginFailure):
                await client.start("wrong")


async def test_an_intent_that_is_off_is_refused(server: DiscordServer) -> None:
    intents = discord.Intents.default()
    intents.message_content = True
    with pointed_at(server):
        async with discord.Client(intents=intents) as client:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await client.start(server.hub.token)


class Sharded(discord.AutoShardedClient):
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Leave out discord.py's five seconds."""


async def test_shards_share_the_servers(server: DiscordServer) -> None:
    server.gateway.shards = 2
    with pointed_at(server):
        async with Sharded(intents=discord.Intents.default(), guild_ready_timeout=0.1) as client:
            task = asyncio.create_task(client.start(server.hub.token))
            await server.gateway.connected()
            assert sorted(s.shard for s in server.gateway.sessions) == [(0, 2), (1, 2)]
            await client.wait_until_ready()
            await client.close()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("pattern", ["/channels/*/messages", "*"])
async def test_a_429_is_obeyed(place: Place, pattern: str) -> None:
    method = "POST" if pattern != "*" else "*"
    place.server.throttle(method, pattern, retry_after=0.2)
    await place.ann.mention("hello", in_=place.general)
    assert await place.ann.sees("echo", in_=place.general)
    assert 429 in [request.status for request in place.server.log]
    place.server.assert_clean()


async def test_ignoring_a_429_is_a_problem(server: DiscordServer) -> None:
    server.throttle("GET", "/users/@me", retry_after=5)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {server.hub.token}"}) as web:
        for _ in range(2):
            response = await web.get(server.hub.api_url + "/users/@me")
            assert response.status == 429
    with pytest.raises(AssertionError, match="too early"):
        server.assert_clean()


async def test_a_token_ends_after_fifteen_minutes(place: Place) -> None:
    asked = await place.ann.slash("now", in_=place.general)
    await place.ann.sees("second", to=asked)
    place.server.advance(15 * 60 + 1)
    async with aiohttp.ClientSession() as web:
        url = f"{place.server.hub.api_url}/webhooks/{place.server.world.bot.id}/{asked.token}"
        response = await web.patch(
            f"{url}/messages/@original", json={"content": "x", "allowed_mentions": {"parse": []}}
        )
        assert (await response.json())["code"] == 50027


async def test_an_unknown_route_is_a_problem(server: DiscordServer) -> None:
    async with aiohttp.ClientSession() as web:
        assert (await web.get(server.hub.api_url + "/nowhere")).status in (401, 404)
        headers = {"Authorization": f"Bot {server.hub.token}"}
        await web.get(server.hub.api_url + "/nowhere", headers=headers)
    assert server.problems == ["GET /nowhere: the local Discord does not know this route"]


async def test_fifty_people_at_once_each_see_their_own_answer(place: Place) -> None:
    people = [place.guild.member(f"P{number}") for number in range(50)]
    place.server.deadline = 60  # this is about who sees what; a busy machine may need more than 3 s

    async def one(number: int, person: Person) -> str:
        asked = await person.slash("ask", question=f"q{number}", in_=place.general)
        return (await person.sees("You asked", to=asked)).text

    seen = await asyncio.gather(*(one(n, person) for n, person in enumerate(people)))
    assert seen == [f"You asked: q{number}" for number in range(50)]
    place.server.assert_clean()
