"""The person's side of the local Discord: what people type, click and choose, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.doubles.discord import options as options
from tests.doubles.discord import rules as rules
from tests.doubles.discord.hub import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Hub,
    Interaction,
    Payload,
    new_interaction,
)
from tests.doubles.discord.messages import open_thread
from tests.doubles.discord.options import Upload
from tests.doubles.discord.world import DM, PRIVATE_THREAD, Channel, Guild, Message, User

WITHIN = 10.0
"""Seconds that a person waits before the test fails."""

REACTION = 0.05
"""Seconds between seeing and clicking: discord.py knows a view only once its send returned."""


@dataclass(frozen=True)
class Shown:
    """A message as it was on the screen at one moment."""

    message: Message
    content: str
    embeds: tuple[Payload, ...]
    components: tuple[Payload, ...]
    attachments: tuple[Payload, ...]
    ephemeral: bool

    @property
    def text(self) -> str:
        """Everything there is to read: content, embeds and text displays, a line each."""
        displays = (item.get("content") for item in rules.walk(self.components))
        embeds = (text for embed in self.embeds for text in rules.embed_texts(embed))
        return "\n".join(filter(None, [self.content, *embeds, *displays]))

    @property
    def buttons(self) -> list[str]:
        """Labels (or emoji) of the buttons, disabled ones too."""
        return [_face(item) for item in rules.walk(self.components) if item["type"] == 2]

    @property
    def channel(self) -> Channel:
        return self.message.channel

    def component(self, which: str) -> Payload:
        """Return the button or select with this label, emoji, placeholder or custom_id."""
        every = [item for item in rules.walk(self.components) if item["type"] in (2, 3, 5, 6, 7, 8)]
        for item in every:
            if which in (item.get("custom_id"), _face(item), item.get("placeholder")):
                return item
        known = [_face(item) or item.get("placeholder") for item in every]
        raise LookupError(f"there is nothing like {which!r} to click, only {known}")


@dataclass(frozen=True)
class ShownModal:
    """A form on the screen."""

    interaction: Interaction
    title: str
    custom_id: str
    components: tuple[Payload, ...]

    @property
    def fields(self) -> dict[str, Payload]:
        """Inputs by label."""
        found = {}
        for item in self.components:
            for inner in [*(item.get("components") or []), item.get("component")]:
                if inner:
                    found[item.get("label") or inner.get("label") or inner["custom_id"]] = inner
        return found


def snapshot(message: Message) -> Shown:
    return Shown(
        message, message.content, tuple(message.embeds), tuple(message.components),
        tuple(message.attachments), message.ephemeral,
    )  # fmt: skip


def _face(item: Payload) -> str:
    return item.get("label") or (item.get("emoji") or {}).get("name") or ""


class Person:
    """Somebody in front of a screen. `in_` says where; otherwise it is the place used last."""

    def __init__(self, hub: Hub, user: User) -> None:
        self.hub = hub
        self.user = user
        self._seen: dict[str, int] = {}
        self._place: Channel | None = None

    @property
    def id(self) -> str:
        return self.user.id

    def _at(self, place: Channel | None) -> Channel:
        self._place = place or self._place
        assert self._place is not None, "say in_=channel the first time"
        return self._place

    # --- writing -----------------------------------------------------------------------------

    async def say(
        self,
        text: str,
        *,
        in_: Channel | None = None,
        files: Mapping[str, bytes] | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """Write a message."""
        channel = self._at(in_)
        kinds = {name: Upload(name, content).kind for name, content in (files or {}).items()}
        attachments = [
            self.hub.attach(channel, name, content, kinds[name])
            for name, content in (files or {}).items()
        ]
        kind = 19 if reply_to is not None else 0
        return await self.hub.post(
            channel, self.user, text, attachments=attachments, reply_to=reply_to, type=kind
        )

    async def mention(self, text: str, *, in_: Channel | None = None) -> Message:
        """Write a message that begins with a mention of the bot."""
        return await self.say(f"{self.hub.world.bot.mention} {text}", in_=in_)

    async def reply(self, to: Shown | Message, text: str) -> Message:
        """Reply with ping."""
        message = to.message if isinstance(to, Shown) else to
        return await self.say(text, in_=message.channel, reply_to=message)

    async def edit(self, message: Message, text: str, *, without: str | None = None) -> None:
        """Edit a message of one's own, and take a file off it."""
        message.content, message.edited = text, self.hub.world.clock.stamp()
        message.attachments = [one for one in message.attachments if one["filename"] != without]
        message.mentions = self.hub.mentioned(message)
        await self.hub.publish(message, "MESSAGE_UPDATE")

    async def delete(self, message: Message) -> None:
        """Delete a message of one's own."""
        await self.hub.delete(message)

    async def dm(self, text: str, *, files: Mapping[str, bytes] | None = None) -> Message:
        """Write to the bot directly."""
        return await self.say(text, in_=self.hub.world.dm(self.user), files=files)

    async def upload(
        self, files: Mapping[str, bytes], text: str = "", *, in_: Channel | None = None
    ) -> Message:
        """Write a message with files."""
        return await self.say(text, in_=in_, files=files)

    async def thread(self, name: str, *, in_: Channel | None = None) -> Channel:
        """Open a public thread."""
        return await open_thread(self.hub, self._at(in_), {"name": name}, owner=self.user)

    async def private_thread(
        self, name: str, *others: Person | User, in_: Channel | None = None
    ) -> Channel:
        """Open a private thread and invite others, the bot's user among them if it shall see it."""
        invited = [other.user if isinstance(other, Person) else other for other in others]
        return await open_thread(
            self.hub, self._at(in_), {"name": name}, owner=self.user, type=PRIVATE_THREAD,
            members=[self.user, *invited],
        )  # fmt: skip

    async def forum_post(self, title: str, text: str, *, in_: Channel) -> Message:
        """Open a post in a forum; its first message has the id of the thread."""
        thread = await open_thread(self.hub, in_, {"name": title}, owner=self.user)
        return await self.say(text, in_=thread)

    # --- commands ----------------------------------------------------------------------------

    async def slash(self, name: str, /, *, in_: Channel | None = None, **given: Any) -> Interaction:
        """Use a slash command; `"source add"` is a subcommand. Values may be `Upload`s.

        Raises LookupError, ValueError or PermissionError for what Discord's client would not let
        a person send.
        """
        channel = self._at(in_)
        command = options.visible(self.hub, self.user, channel, 1, name.split()[0])
        data = options.data(self.hub, self.user, channel, command, name.split()[1:], given)
        return await self._interact(COMMAND, channel, data, f"/{name}")

    async def autocomplete(
        self, name: str, /, *, in_: Channel | None = None, within: float = WITHIN, **given: Any
    ) -> list[tuple[str, Any]]:
        """Type into the last option given; return (name, value) of what is offered."""
        channel = self._at(in_)
        command = options.visible(self.hub, self.user, channel, 1, name.split()[0])
        data = options.data(
            self.hub, self.user, channel, command, name.split()[1:], given, focus=[*given][-1]
        )
        asked = await self._interact(AUTOCOMPLETE, channel, data, f"autocomplete of /{name}")
        await self._until(lambda: asked.choices is not None, asked, within, "choices")
        return [(item["name"], item["value"]) for item in asked.choices or []]

    async def menu(self, name: str, on: Shown | Message) -> Interaction:
        """Use an entry of a message's Apps menu."""
        message = on.message if isinstance(on, Shown) else on
        command = options.visible(self.hub, self.user, message.channel, 3, name)
        data = {
            "id": command["id"], "name": name, "type": 3, "target_id": message.id,
            "resolved": {"messages": {message.id: message.payload()}},
        }  # fmt: skip
        return await self._interact(COMMAND, message.channel, data, f"menu {name!r}")

    # --- components --------------------------------------------------------------------------

    async def click(self, on: Shown | Message, which: str) -> Interaction:
        """Press a button, named by label, emoji or custom_id."""
        shown = self._on_screen(on)
        item = shown.component(which)
        if item.get("disabled") or item.get("style") == 5:
            raise ValueError(f"the button {which!r} is disabled or a link")
        return await self._component(shown.message, item, {}, f"button {which!r}")

    async def choose(self, on: Shown | Message, which: str, *values: str) -> Interaction:
        """Choose in a select, by labels or values."""
        shown = self._on_screen(on)
        item = shown.component(which)
        named = {option["label"]: option["value"] for option in item.get("options") or []}
        chosen = [named.get(value, value) for value in values]
        if item["type"] == 3 and not set(chosen) <= set(named.values()):
            raise LookupError(f"{which!r} does not offer {values}, only {sorted(named)}")
        more: Payload = {"values": chosen}
        if item["type"] != 3:
            more["resolved"] = options.resolved_ids(self.hub, shown.channel, chosen)
        return await self._component(shown.message, item, more, f"select {which!r}")

    def _on_screen(self, on: Shown | Message) -> Shown:
        """Return a message as it is now; old messages stay on the screen until deleted."""
        message = on.message if isinstance(on, Shown) else on
        if not self.hub.world.may_see(self.user, message):
            raise LookupError(f"{self.user.name} does not see this message")
        return snapshot(message)

    async def _component(
        self, message: Message, item: Payload, more: Payload, name: str
    ) -> Interaction:
        await asyncio.sleep(REACTION)
        data = {"custom_id": item["custom_id"], "component_type": item["type"]} | more
        return await self._interact(COMPONENT, message.channel, data, name, source=message)

    async def forge(
        self,
        custom_id: str,
        *,
        in_: Channel,
        on: Shown | Message | None = None,
        guild: Guild | None = None,
        component_type: int = 2,
    ) -> Interaction:
        """Send a click that no screen offered: any custom_id, any message, even another server.

        The message it claims to come from carries that button, or discord.py would not look.
        """
        message = on.message if isinstance(on, Shown) else on
        if message is None:
            message = await self.hub.post(in_, self.hub.world.bot, "old message")
        button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 2}
        message = replace(message, components=[{"type": 1, "id": 1, "components": [button]}])
        data = {"custom_id": custom_id, "component_type": component_type, "values": []}
        return await self._interact(
            COMPONENT, in_, data, f"forged {custom_id!r}", source=message, forged=True,
            guild=guild or in_.guild,
        )  # fmt: skip

    async def _interact(
        self, type: int, channel: Channel, data: Payload, name: str, **more: Any
    ) -> Interaction:
        world = self.hub.world
        made = new_interaction(world, type, self.user, channel, data, name=name, **more)
        return await self.hub.interact(made)

    # --- forms -------------------------------------------------------------------------------

    async def sees_modal(self, of: Interaction, *, within: float = WITHIN) -> ShownModal:
        """Wait for the form that an interaction opens."""
        await self._until(lambda: of.modal is not None, of, within, "a form")
        assert of.modal is not None
        return ShownModal(
            of, of.modal["title"], of.modal["custom_id"], tuple(of.modal["components"])
        )

    async def submit(self, modal: ShownModal, values: Mapping[str, Any]) -> Interaction:
        """Fill in a form by label or custom_id and send it."""
        data = {
            "custom_id": modal.custom_id,
            "components": options.filled(modal.components, values),
        }
        opener = modal.interaction
        return await self._interact(
            MODAL_SUBMIT, opener.channel, data, f"form {modal.title!r}", source=opener.source
        )

    # --- reading -----------------------------------------------------------------------------

    async def sees(
        self,
        text: str | Callable[[Shown], bool] = "",
        *,
        to: Interaction | None = None,
        in_: Channel | None = None,
        within: float = WITHIN,
    ) -> Shown:
        """Wait for a message of the bot that is new or changed since this person last saw it.

        `text` must occur in it, or be a predicate; `to` asks for a response to one interaction.
        """
        found: list[Shown] = []

        def look() -> bool:
            found[:] = [shown for shown in self._unseen(to, in_) if _fits(shown, text)][:1]
            return bool(found)

        await self._until(look, to, within, f"a message with {text!r}")
        self._seen[found[0].message.id] = found[0].message.version
        return found[0]

    def screen(self, channel: Channel) -> list[Shown]:
        """Return everything this person sees in a channel, oldest first."""
        return [
            snapshot(m) for m in channel.messages.values() if self.hub.world.may_see(self.user, m)
        ]

    def unseen(self) -> list[Shown]:
        """Return the bot's messages that this person has not been asked about yet."""
        return self._unseen(None, None)

    def _unseen(self, to: Interaction | None, in_: Channel | None) -> list[Shown]:
        world = self.hub.world
        if to is not None:
            listed = [*to.messages, *([to.original] if to.original else [])]
        else:
            places = [in_] if in_ else [*world.channels.values()]
            places = [p for p in places if p.type != DM or p.recipient is self.user]
            listed = [m for place in places for m in place.messages.values()]
        fresh = [
            m for m in listed
            if m.author is world.bot and not m.loading and m.version > self._seen.get(m.id, 0)
            and world.may_see(self.user, m)
        ]  # fmt: skip
        return [snapshot(message) for message in sorted(fresh, key=lambda m: m.version)]

    async def _until(
        self, ready: Callable[[], bool], of: Interaction | None, within: float, what: str
    ) -> None:
        doing = f" after {of.name}" if of else ""
        asked = f"{self.user.name} waits for {what}{doing}"

        def settled() -> bool:
            return ready() or (of is not None and of.expired)

        await self.hub.until(settled, within=within, what=asked)
        if not ready():
            raise AssertionError(f"{asked}: the application did not respond")


def _fits(shown: Shown, text: str | Callable[[Shown], bool]) -> bool:
    return text in shown.text if isinstance(text, str) else text(shown)
