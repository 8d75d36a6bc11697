"""bot.registration: telling a change from what Discord merely writes differently."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.registration import covers

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


def test_one_option_more_or_less_or_elsewhere_is_a_change() -> None:
    assert not covers(THEIRS, {**OURS, "options": OURS["options"][:1]})
    assert not covers(THEIRS, {**OURS, "options": [*OURS["options"], OURS["options"][0]]})
    assert not covers(THEIRS, {**OURS, "options": OURS["options"][::-1]})
