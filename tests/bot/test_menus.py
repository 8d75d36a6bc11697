"""bot.menus: within Discord's limits however many faces there are, and the chosen one shown as such."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import locales
from bot.locales import Language
from bot.menus import OPTIONS, ROWS, Choice, FaceMenus, Menus

ASKED = cast(discord.Interaction[Any], SimpleNamespace(created_at=discord.utils.utcnow(), user=SimpleNamespace(id=1)))


async def never(*_: object) -> Any:
    raise AssertionError


def built(choices: list[Choice], code: str = "en", seconds: float = 600) -> list[discord.ui.Select[FaceMenus]]:
    words = Language(code, locales.source(code))
    menus = FaceMenus(Menus(seconds, lambda _: words), ASKED, choices, never, never)
    menus.to_components()  # discord.py checks what Discord would
    assert menus.timeout is not None
    assert menus.timeout <= seconds
    return [item for item in menus.children if isinstance(item, discord.ui.Select)]


@pytest.mark.parametrize(
    ("counts", "sizes"),
    [
        ((2,), [2]),
        ((25,), [25]),
        ((26,), [25, 1]),
        ((6, 6), [6, 6]),
        ((1, 3), [3]),
        ((40, 40), [25, 15, 25, 15]),
        ((200,), [25] * 5),
        ((200, 200), [25] * 4),
    ],
)
async def test_as_many_menus_as_there_is_room_for(counts: tuple[int, ...], sizes: list[int]) -> None:
    found = built([Choice("group.jpg", count, count - 1) for count in counts])
    assert [len(menu.options) for menu in found] == sizes
    assert len(found) <= ROWS
    assert len({menu.custom_id for menu in found}) == len(found)


@given(
    st.lists(st.tuples(st.integers(2, 60), st.text(max_size=300)), min_size=1, max_size=2),
    st.sampled_from(locales.LANGUAGES),
    st.data(),
)
async def test_any_name_and_any_choice(photos: list[tuple[int, str]], code: str, data: st.DataObject) -> None:
    choices = [Choice(name, count, data.draw(st.integers(0, count - 1))) for count, name in photos]
    found = built(choices, code)
    for menu in found:
        assert 1 <= len(menu.options) <= OPTIONS
        assert len(menu.placeholder or "") <= 150
        assert all(1 <= len(option.label) <= 100 for option in menu.options)
    rows = ROWS // len(choices) * OPTIONS
    chosen = [int(option.value) for menu in found for option in menu.options if option.default]
    assert chosen == [choice.chosen for choice in choices if choice.chosen < rows]


async def test_time_counts_from_the_command() -> None:
    late = cast(
        discord.Interaction[Any],
        SimpleNamespace(created_at=discord.utils.utcnow() - timedelta(seconds=50)),
    )
    words = Language("en", locales.source("en"))
    menus = FaceMenus(Menus(60, lambda _: words), late, [Choice("a.jpg", 2, 0)], never, never)
    assert menus.timeout is not None
    assert 5 < menus.timeout <= 10
