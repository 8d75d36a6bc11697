"""bot.messages: within Discord's limits however many faces there are, and the chosen one is shown."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.layout import OPTIONS, ROWS, Button, Menu, Remake, Reply, Shown
from bot.messages.layout import layout as laid_out
from bot.messages.layout import plain as plain_view
from bot.messages.markup import DISCORD
from bot.messages.menus import Choice, face_menus
from bot.requests.jobs import Job
from core.contracts import Picture
from words import locales
from words.locales import Language

WORDS = {code: Language(code, locales.source(code), markup=DISCORD) for code in locales.LANGUAGES}
PICTURE = Picture(b"x" * 1000, "jpeg", 10, 10)


def remade(faces: tuple[int, ...]) -> Remake:
    async def remake(interaction: Any, job: Job, words: Language) -> Reply:
        return Reply(str(faces))

    return remake


def built(choices: list[Choice], rows: int = ROWS, code: str = "en") -> tuple[Menu, ...]:
    return face_menus(choices, rows, WORDS[code], remade)


@pytest.mark.parametrize(
    ("counts", "rows", "sizes"),
    [
        ((1,), 5, []),
        ((1, 1), 5, []),
        ((2,), 5, [2]),
        ((25,), 5, [25]),
        ((26,), 5, [25, 1]),
        ((6, 6), 5, [6, 6]),
        ((1, 3), 5, [3]),
        ((40, 40), 4, [25, 15, 25, 15]),
        ((200,), 5, [25] * 5),
        ((200,), 3, [25] * 3),
        ((200, 200), 5, [25] * 4),
    ],
)
def test_as_many_menus_as_there_is_room_for(counts: tuple[int, ...], rows: int, sizes: list[int]) -> None:
    found = built([Choice("group.jpg", count, count - 1) for count in counts], rows)
    assert [len(menu.options) for menu in found] == sizes
    assert len({menu.id for menu in found}) == len(found)


async def test_a_choice_changes_one_of_two_faces() -> None:
    first, second = built([Choice("a.jpg", 3, 0), Choice("b.jpg", 4, 2)])
    job: Any = None
    assert (await first.remake("1")(None, job, WORDS["en"])).headline == "(1, 2)"
    assert (await second.remake("3")(None, job, WORDS["en"])).headline == "(0, 3)"


@given(
    st.lists(st.tuples(st.integers(2, 60), st.text(max_size=300)), min_size=1, max_size=2),
    st.sampled_from(locales.LANGUAGES),
    st.text(max_size=5000),
    st.data(),
)
async def test_any_name_and_any_choice_in_a_layout_and_in_rows(
    photos: list[tuple[int, str]], code: str, text: str, data: st.DataObject
) -> None:
    choices = [Choice(name, count, data.draw(st.integers(0, count - 1))) for count, name in photos]
    menus = built(choices, ROWS - 1, code)
    shown = Shown(PICTURE, "similar", text)
    buttons = tuple(Button(str(number), text or "-") for number in range(5))
    reply = Reply(text, (shown, shown), text, "small", (shown,), menus, buttons)
    layout = laid_out(reply, lambda what: what)
    assert layout.content_length() <= 4000
    assert layout.total_children_count <= 40
    plain = plain_view(reply, lambda what: what)
    assert len(plain.to_components()) <= ROWS  # discord.py checks what fits in a row
    rows = (ROWS - 1) // len(choices) * OPTIONS
    for view in (layout, plain):
        assert view.to_components()
        selects = [item for item in view.walk_children() if isinstance(item, discord.ui.Select)]
        assert all(1 <= len(menu.options) <= OPTIONS for menu in selects)
        assert all(len(menu.placeholder or "") <= 150 for menu in selects)
        assert all(1 <= len(option.label) <= 100 for menu in selects for option in menu.options)
        chosen = [int(option.value) for menu in selects for option in menu.options if option.default]
        assert chosen == [choice.chosen for choice in choices if choice.chosen < rows]
        labels = [item.label or "" for item in view.walk_children() if isinstance(item, discord.ui.Button)]
        assert all(1 <= len(label) <= 80 for label in labels)


def test_all_pictures_of_a_spoiler_are_covered() -> None:
    shown = Shown(PICTURE, "similar", "Two faces")
    reply = Reply("Alike", (shown,), numbered=(shown,), spoiler=True)
    items = [
        item
        for gallery in laid_out(reply, str).walk_children()
        if isinstance(gallery, discord.ui.MediaGallery)
        for item in gallery.items
    ]
    assert [(item.spoiler, item.media.url) for item in items] == [(True, "attachment://SPOILER_similar.jpg")] * 2
    assert shown.file(spoiler=True).filename == "SPOILER_similar.jpg"
    assert shown.file().filename == "similar.jpg"
