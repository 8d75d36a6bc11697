"""bot.registration: telling a change from what Discord merely writes differently."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.registration import Difference, covers, difference

OURS: dict[str, Any] = {
    "name": "similar",
    "description": "How alike?",
    "type": 1,
    "nsfw": False,
    "dm_permission": True,
    "default_member_permissions": None,
    "contexts": [0, 1],
    "integration_types": None,
    "name_localizations": {"ja": "似てる"},
    "options": [
        {"type": 11, "name": "photo1", "description": "first", "required": True, "name_localizations": {}},
        {"type": 7, "name": "thread", "description": "which", "required": False, "channel_types": [0, 11, 12]},
    ],
}
THEIRS: dict[str, Any] = {
    "id": "1",
    "version": "2",
    "name": "similar",
    "description": "How alike?",
    "type": 1,
    "contexts": [1, 0],
    "integration_types": [0],
    "name_localizations": {"ja": "似てる"},
    "description_localizations": None,
    "options": [
        {"type": 11, "name": "photo1", "description": "first", "required": True, "name_localizations": None},
        {"type": 7, "name": "thread", "description": "which", "channel_types": [12, 0, 11]},
    ],
}


def test_what_discord_fills_in_or_leaves_out_is_no_change() -> None:
    assert covers(THEIRS, OURS)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("description",), "How similar?"),
        (("nsfw",), True),
        (("contexts",), [0]),
        (("name_localizations", "ja"), "そっくり"),
        (("name_localizations", "de"), "ähnlich"),
        (("options", 0, "required"), False),
        (("options", 1, "channel_types"), [0, 11]),
        (("options", 1, "min_value"), 2),
    ],
)
def test_every_real_change_is_seen(path: tuple[Any, ...], value: object) -> None:
    changed = copy.deepcopy(OURS)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not covers(THEIRS, changed)


def test_a_language_that_is_no_more_is_a_change() -> None:
    assert not covers(THEIRS, {**OURS, "name_localizations": {}})


def test_a_bound_or_choices_that_are_no_more_are_a_change() -> None:
    for more in ({"max_value": 5}, {"choices": [{"name": "a", "value": "a"}]}, {"channel_types": [0]}):
        theirs = {**THEIRS, "options": [{**THEIRS["options"][0], **more}, THEIRS["options"][1]]}
        assert not covers(theirs, OURS)


def test_a_command_is_known_by_its_kind_and_its_name() -> None:
    menu = {"name": "similar", "type": 3, "contexts": [0], "integration_types": [0, 1], "name_localizations": {}}
    theirs = {**menu, "id": "2", "description": "", "name_localizations": None}
    assert not difference([THEIRS, theirs], [OURS, menu])
    assert difference([THEIRS], [OURS, menu]) == Difference(("similar",), (), ())
    assert difference([THEIRS, theirs], [OURS]) == Difference((), (), ("similar",))
    for change in ({"contexts": [0, 1]}, {"integration_types": [0]}, {"name_localizations": {"ja": "似てる"}}):
        assert difference([THEIRS, theirs], [OURS, {**menu, **change}]) == Difference((), ("similar",), ())


def test_one_option_more_or_less_or_elsewhere_is_a_change() -> None:
    assert not covers(THEIRS, {**OURS, "options": OURS["options"][:1]})
    assert not covers(THEIRS, {**OURS, "options": [*OURS["options"], OURS["options"][0]]})
    assert not covers(THEIRS, {**OURS, "options": OURS["options"][::-1]})
