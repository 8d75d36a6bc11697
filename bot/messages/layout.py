"""Turns a reply into a Discord message: a layout of components or, if Discord refuses that, text with files.

The layout is a container with an accent colour: the headline, each picture, the explanation, the small print, photos
with numbered faces, and last the menus and buttons. A message that has become a layout stays one.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import discord

from bot.interaction import Interaction
from bot.messages.sending import persistently
from bot.requests.jobs import Job
from core import tasks
from core.contracts import Picture, ShrinkRequest
from words.locales import Language, megabytes

TEXT_LIMIT, LAYOUT_LIMIT = 2000, 4000
ALT_LIMIT = 1024
LABEL_LIMIT, PLACEHOLDER_LIMIT, OPTION_LIMIT = 80, 150, 100
"""Discord's limits in characters: a message's content, all texts of a layout, an alt text, and labels."""

OPTIONS, ROWS, BUTTONS = 25, 5, 5
"""Discord's limits: options of a menu, rows under a text, and buttons of a row."""

REQUEST_LIMIT = 25_000_000
"""The most bytes of all files of one message together: a whole request may have 25 MiB.
https://discord.com/developers/docs/resources/message#create-message-limitations"""

REFUSED = (400, 403)
"""Statuses with which Discord refuses a message. After any other one, another form of the message would fail, too."""

log = logging.getLogger(__name__)

View = discord.ui.View | discord.ui.LayoutView


@dataclass(frozen=True)
class Shown:
    """A picture of a reply: the `name` of its file without the suffix, and its alt text."""

    picture: Picture
    name: str
    alt: str

    def file(self, *, spoiler: bool = False) -> discord.File:
        """The picture as a file. `spoiler`: covered until somebody clicks on it."""
        ending = {"jpeg": "jpg"}.get(self.picture.format, self.picture.format)
        data = io.BytesIO(self.picture.data)
        return discord.File(data, f"{self.name}.{ending}", spoiler=spoiler, description=clip(self.alt, ALT_LIMIT))


@dataclass(frozen=True)
class Button:
    """A button. `id`: the same in each version of an answer. A click replaces the answer by what `remake` makes, or
    sends a `further` one.
    """

    id: str
    label: str
    remake: Remake | None = None
    further: Further | None = None


@dataclass(frozen=True)
class Option:
    """An option of a menu. `chosen`: the answer is about this one."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True)
class Menu:
    """A menu. `id`: see Button. Choosing an option replaces the answer by what `remake` makes for its value."""

    id: str
    placeholder: str
    options: tuple[Option, ...]
    remake: Callable[[str], Remake]


@dataclass(frozen=True)
class Reply:
    """The content of an answer, from the top down; texts are in Discord's markdown.

    `shown`: pictures below each other; `small`: the small print; `numbered`: photos side by side, with the numbers that
    the menus refer to; `spoiler`: all pictures are covered until somebody clicks on them; `colour`: the edge's,
    0xRRGGBB; `expires`: when menus and buttons expire, if that is sooner than usual.
    """

    headline: str
    shown: tuple[Shown, ...] = ()
    body: str = ""
    small: str = ""
    numbered: tuple[Shown, ...] = ()
    menus: tuple[Menu, ...] = ()
    buttons: tuple[Button, ...] = ()
    spoiler: bool = False
    colour: int | None = None
    expires: datetime | None = None

    @property
    def text(self) -> str:
        """All of its text."""
        return "\n".join(part for part in (self.headline, self.body, _subtext(self.small)) if part)

    @property
    def pictures(self) -> tuple[Shown, ...]:
        return self.shown + self.numbered

    def within(self, limit: int, words: Language) -> Reply:
        """The reply without pictures of more than `limit` bytes, and without those that no longer fit into one message;
        its text names them.
        """
        room = max(REQUEST_LIMIT, limit)
        fitting: list[Shown] = []
        heavy = []
        for shown in self.pictures:
            size = len(shown.picture.data)
            if size <= min(limit, room):
                fitting.append(shown)
                room -= size
            else:
                heavy.append(words.text("picture-too-heavy", size=megabytes(size), limit=megabytes(limit)))
        return replace(
            self,
            shown=tuple(shown for shown in self.shown if shown in fitting),
            numbered=tuple(shown for shown in self.numbered if shown in fitting),
            body="\n".join([*([self.body] if self.body else []), *heavy]),
        )


Remake = Callable[[Interaction, Job, Language], Awaitable[Reply]]
"""Makes an answer to a command or a click, in a job of its own, in the person's language."""

Further = Callable[[Interaction], Awaitable[None]]
"""Answers a click, which is not acknowledged yet, like a command."""


async def fitting(reply: Reply, limit: int, job: Job, words: Language) -> Reply:
    """The reply with files of at most `limit` bytes: larger ones are encoded smaller, or else left out."""
    room = min(limit, REQUEST_LIMIT // max(len(reply.pictures), 1))

    async def lighter(shown: Shown) -> Shown:
        if len(shown.picture.data) <= room:
            return shown
        picture = await job.run(tasks.shrink, ShrinkRequest(shown.picture, room))
        return shown if picture is None else replace(shown, picture=picture)

    light = replace(
        reply,
        shown=tuple([await lighter(shown) for shown in reply.shown]),
        numbered=tuple([await lighter(shown) for shown in reply.numbered]),
    )
    return light.within(limit, words)


async def put(interaction: Interaction, reply: Reply, custom_id: Callable[[str], str]) -> tuple[discord.Message, View]:
    """Replace "is thinking", or the answer that was clicked on, by `reply`; return the message and its view.

    It mentions nobody, whatever a file is called. `custom_id`: makes the custom id of the button or menu with this id.
    """

    async def edit(content: str | None, view: View) -> tuple[discord.Message, View]:
        view.stop()  # bot.messages.menus handles clicks, not discord.py
        message = await persistently(
            lambda: interaction.edit_original_response(
                content=content,
                attachments=[shown.file(spoiler=reply.spoiler) for shown in reply.pictures],
                view=view,
                allowed_mentions=discord.AllowedMentions.none(),
            )
        )
        return message, view

    try:
        return await edit(None, layout(reply, custom_id))
    except discord.HTTPException as refused:
        if refused.status not in REFUSED:
            raise
        log.info("a layout was refused (%d, code %d); plain text follows", refused.status, refused.code)
    return await edit(clip_lines(reply.text, TEXT_LIMIT), plain(reply, custom_id))


def layout(reply: Reply, custom_id: Callable[[str], str]) -> discord.ui.LayoutView:
    small = _subtext(reply.small)
    headline = f"### {clip_lines(reply.headline, LAYOUT_LIMIT // 4)}"
    body = clip_lines(reply.body, LAYOUT_LIMIT - len(headline) - len(small))
    parts: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(headline)]
    parts += [_gallery((shown,), spoiler=reply.spoiler) for shown in reply.shown]
    parts += [discord.ui.TextDisplay(text) for text in (body, small) if text]
    if reply.numbered:
        parts.append(_gallery(reply.numbered, spoiler=reply.spoiler))
    rows = [discord.ui.ActionRow(*row) for row in _rows(reply, custom_id)]
    if rows:
        parts.append(discord.ui.Separator())
    return discord.ui.LayoutView(timeout=None).add_item(discord.ui.Container(*parts, *rows, accent_colour=reply.colour))


def plain(reply: Reply, custom_id: Callable[[str], str]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(_rows(reply, custom_id)):
        for item in row:
            item.row = number
            view.add_item(item)
    return view


def _gallery(pictures: tuple[Shown, ...], *, spoiler: bool) -> discord.ui.MediaGallery[Any]:
    files = [shown.file(spoiler=spoiler) for shown in pictures]
    return discord.ui.MediaGallery(
        *(discord.MediaGalleryItem(file.uri, description=file.description, spoiler=spoiler) for file in files)
    )


def _rows(reply: Reply, custom_id: Callable[[str], str]) -> Iterator[list[discord.ui.Item[Any]]]:
    for menu in reply.menus:
        options = [
            discord.SelectOption(label=clip(one.label, OPTION_LIMIT), value=one.value, default=one.chosen)
            for one in menu.options
        ]
        placeholder = clip(menu.placeholder, PLACEHOLDER_LIMIT)
        yield [discord.ui.Select(custom_id=custom_id(menu.id), placeholder=placeholder, options=options)]
    if reply.buttons:
        yield [
            discord.ui.Button(custom_id=custom_id(button.id), label=clip(button.label, LABEL_LIMIT))
            for button in reply.buttons
        ]


def _subtext(text: str) -> str:
    return "\n".join(f"-# {line}" for line in text.splitlines())


def clip(text: str, limit: int) -> str:
    """Cut plain text to at most `limit` characters, with "…" in place of what is left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clip_lines(text: str, limit: int) -> str:
    """Cut markdown to at most `limit` characters: whole lines from the top, then a line "…" if some are left out.

    A cut within a line could remove the closing mark of a name in code, and so activate the name's own markdown. A
    first line that is too long by itself is cut before such incomplete code.
    """
    if len(text) <= limit:
        return text
    lines, newline, line = text[: limit - 1].rpartition("\n")
    if newline:
        return f"{lines}\n…"
    if line.count("`") % 2:
        line = line[: line.rindex("`")]
    return f"{line}…"
