"""Who may read what: tables over roles, channels, servers and rules."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.community.audience import Audience, RoleView, obstacle, opening, readable_by_all
from bot.community.collection_names import collection_name, default_collection
from bot.community.rights import Caller, CollectionRule, GuildRules, Limit, manages, readable
from index.config import SHARED_COLLECTION

GUILD, OTHER_GUILD = 100, 200
BOARD, STAFF, GUEST = 1, 2, 3
GENERAL, BOARDROOM, CATEGORY, THREAD = 10, 11, 12, 13

BOARD_BOOK = CollectionRule(
    name=collection_name(GUILD, "board"), label="board", roles=Limit().with_allowed(BOARD)
)
ROOM_BOOK = CollectionRule(
    name=collection_name(GUILD, "room"), label="room", channels=Limit().with_allowed(BOARDROOM)
)
NO_GUESTS = CollectionRule(
    name=collection_name(GUILD, "inner"), label="inner", roles=Limit().with_denied(GUEST)
)
RULES = GuildRules(guild=GUILD, named=(BOARD_BOOK, ROOM_BOOK, NO_GUESTS))
DEFAULT = default_collection(GUILD)


def caller(
    *roles: int, channel: int = GENERAL, above: tuple[int, ...] = (), guild: int | None = GUILD
) -> Caller:
    held = frozenset({guild, *roles}) if guild else frozenset()
    return Caller(user=7, guild=guild, channel=channel, above=above, roles=held)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        pytest.param(caller(), {DEFAULT, NO_GUESTS.name, SHARED_COLLECTION}, id="everyone"),
        pytest.param(
            caller(BOARD),
            {DEFAULT, BOARD_BOOK.name, NO_GUESTS.name, SHARED_COLLECTION},
            id="with the role",
        ),
        pytest.param(caller(GUEST), {DEFAULT, SHARED_COLLECTION}, id="denied role"),
        pytest.param(
            caller(GUEST, BOARD),
            {DEFAULT, BOARD_BOOK.name, SHARED_COLLECTION},
            id="denied role beside an allowed one",
        ),
        pytest.param(
            caller(channel=BOARDROOM),
            {DEFAULT, ROOM_BOOK.name, NO_GUESTS.name, SHARED_COLLECTION},
            id="in the channel",
        ),
        pytest.param(
            caller(channel=THREAD, above=(BOARDROOM, CATEGORY)),
            {DEFAULT, ROOM_BOOK.name, NO_GUESTS.name, SHARED_COLLECTION},
            id="in a thread of the channel",
        ),
        pytest.param(caller(guild=None), {SHARED_COLLECTION}, id="in a direct message"),
        pytest.param(caller(BOARD, guild=OTHER_GUILD), set(), id="from another server"),
    ],
)
def test_a_caller_reads_only_what_roles_and_channel_open(who: Caller, expected: set[str]) -> None:
    assert set(readable(who, RULES)) == expected


def test_nothing_is_read_in_a_server_without_rules_at_hand() -> None:
    assert readable(caller(BOARD), None) == ()


def test_a_server_can_switch_the_shared_library_off() -> None:
    off = RULES.model_copy(update={"shared": False})
    assert SHARED_COLLECTION not in readable(caller(BOARD), off)
    assert readable(caller(guild=None), None) == (SHARED_COLLECTION,)


def test_taking_the_last_role_off_a_limited_collection_opens_it_to_nobody() -> None:
    closed = Limit().with_allowed(BOARD).with_denied(BOARD)
    assert not closed.passes({GUILD, BOARD})
    assert not closed.passes({GUILD, STAFF})


def test_allowing_everyone_opens_a_limited_collection_but_keeps_exceptions() -> None:
    opened = Limit().with_allowed(BOARD).with_denied(GUEST).opened()
    assert opened.passes({GUILD, STAFF})
    assert not opened.passes({GUILD, GUEST})


def test_names_of_collections_hold_the_server_and_never_meet() -> None:
    labels = ["Board", "board ", "Vorstand", "理事会", "a" * 40]
    names = {
        collection_name(guild, label.strip()) for guild in (GUILD, OTHER_GUILD) for label in labels
    }
    assert len(names) == 2 * 4  # "Board" and "board" are one
    assert all(str(guild) in name for guild in (GUILD,) for name in names if f"-{guild}-" in name)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        pytest.param(caller(STAFF), False, id="a role without the right"),
        pytest.param(caller(BOARD), True, id="a managers' role"),
        pytest.param(caller().model_copy(update={"manager": True}), True, id="Manage Server"),
        pytest.param(
            caller(BOARD, guild=OTHER_GUILD).model_copy(update={"manager": True}),
            False,
            id="a manager of another server",
        ),
    ],
)
def test_sources_are_managed_by_named_roles_and_manage_server(who: Caller, expected: bool) -> None:
    assert manages(who, RULES.model_copy(update={"managers": frozenset({BOARD})})) is expected


def audience(
    seen: dict[int, bool | None],
    *,
    everyone: bool = True,
    room: int = GENERAL,
    personal: bool = False,
    admins: frozenset[int] = frozenset(),
) -> Audience:
    """A channel that @everyone sees or not, with what it says of each role."""
    roles = [RoleView(id=GUILD, name="@everyone", base=True, overwrite=everyone and None)]
    names = {BOARD: "Board", STAFF: "Staff", GUEST: "Guest"}
    roles += [
        RoleView(id=id, name=name, overwrite=seen.get(id), administrator=id in admins)
        for id, name in names.items()
    ]
    return Audience(guild=GUILD, places=(room,), roles=tuple(roles), personal=personal)


OPEN = audience({})
BOARD_ONLY = audience({BOARD: True}, everyone=False)
BOARD_AND_STAFF = audience({BOARD: True, STAFF: True}, everyone=False)
STAFF_ADMINS = audience({BOARD: True, STAFF: True}, everyone=False, admins=frozenset({STAFF}))
INVITED = audience({BOARD: True}, everyone=False, personal=True)
NO_GUEST_CHANNEL = audience({GUEST: False})
ROOM = audience({}, room=BOARDROOM)


@pytest.mark.parametrize(
    ("where", "collection", "expected"),
    [
        (OPEN, DEFAULT, None),
        (OPEN, SHARED_COLLECTION, None),
        (OPEN, BOARD_BOOK.name, "everyone may see this channel but not read 'board'"),
        (BOARD_ONLY, BOARD_BOOK.name, None),
        (BOARD_AND_STAFF, BOARD_BOOK.name, "Staff may see this channel but not read 'board'"),
        (STAFF_ADMINS, BOARD_BOOK.name, None),
        (
            INVITED,
            BOARD_BOOK.name,
            "this channel lets in persons by name, and 'board' is limited to roles",
        ),
        (INVITED, DEFAULT, None),
        (OPEN, NO_GUESTS.name, "Guest may see this channel but not read 'inner'"),
        (BOARD_ONLY, NO_GUESTS.name, "Guest may see this channel but not read 'inner'"),
        (OPEN, ROOM_BOOK.name, "'room' may not be read in this channel"),
        (ROOM, ROOM_BOOK.name, None),
        (OPEN, default_collection(OTHER_GUILD), "one of its sources is not in this server"),
    ],
)
def test_sharing_names_what_keeps_somebody_from_reading(
    where: Audience, collection: str, expected: str | None
) -> None:
    assert obstacle(where, RULES, collection) == expected


def test_a_channel_that_hides_from_a_denied_role_still_shows_through_another_one() -> None:
    # Guests are kept out, but a guest who is also on the board is let in by that role.
    through_board = audience({GUEST: False, BOARD: True})
    assert obstacle(through_board, RULES, NO_GUESTS.name) is not None
    assert obstacle(NO_GUEST_CHANNEL, RULES, NO_GUESTS.name) is None


def test_an_open_answer_draws_only_on_what_everyone_here_may_read() -> None:
    auto = opening(caller(BOARD), OPEN, RULES, private=None)
    assert auto.private
    assert BOARD_BOOK.name in auto.collections
    open_ = opening(caller(BOARD), OPEN, RULES, private=False)
    assert not open_.private
    assert open_.withheld
    assert BOARD_BOOK.name not in open_.collections
    plain = opening(caller(STAFF), OPEN, RULES.without(NO_GUESTS.name), private=None)
    assert not plain.private
    assert not plain.withheld


def test_a_channel_that_cannot_be_seen_through_gets_private_answers() -> None:
    decided = opening(caller(STAFF), None, RULES, private=None)
    assert decided.private
    assert opening(caller(STAFF), None, RULES, private=False).collections == ()


limits = st.builds(
    Limit,
    limited=st.booleans(),
    allowed=st.frozensets(st.sampled_from([BOARD, STAFF, GUEST])),
    denied=st.frozensets(st.sampled_from([BOARD, STAFF, GUEST])),
)
views = st.tuples(st.booleans(), st.sampled_from([True, False, None]))


@settings(max_examples=300, deadline=None)
@given(limit=limits, everyone=views, seen=st.tuples(views, views, views))
def test_no_member_of_any_set_of_roles_sees_what_was_said_to_be_shareable(
    limit: Limit,
    everyone: tuple[bool, bool | None],
    seen: tuple[tuple[bool, bool | None], ...],
) -> None:
    roles = [RoleView(id=GUILD, name="@everyone", base=everyone[0], overwrite=everyone[1])]
    roles += [
        RoleView(id=id, name=str(id), base=base, overwrite=overwrite)
        for id, (base, overwrite) in zip((BOARD, STAFF, GUEST), seen, strict=True)
    ]
    where = Audience(guild=GUILD, places=(GENERAL,), roles=tuple(roles))
    rule = CollectionRule(name=collection_name(GUILD, "x"), label="x", roles=limit)
    rules = GuildRules(guild=GUILD, named=(rule,))
    found = obstacle(where, rules, rule.name)
    members = [held for size in range(4) for held in itertools.combinations(roles[1:], size)]
    left_out = [
        held
        for held in members
        if where.sees(held) and not limit.passes({GUILD, *(role.id for role in held)})
    ]
    assert (found is not None) == bool(left_out)
    assert (rule.name in readable_by_all(where, rules)) == (not left_out)
