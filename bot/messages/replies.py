"""Turns results and errors into replies, in people's language and in Discord's markdown.

Names of photos and places come from people: they are written as code, in which Discord shows characters literally.
Alt texts are written for somebody who cannot see the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.config import AboutSection
from bot.messages.layout import TEXT_LIMIT, Reply, Shown, clip_lines
from core.contracts import (
    AverageRecipe,
    AverageResult,
    GradcamResult,
    LookalikesResult,
    ModelCard,
    NumberedPhoto,
    Picture,
    SimilarResult,
    Skipped,
)
from words.answer import AnswerText
from words.average import describe_average, place_name
from words.errors import describe_error
from words.faces import numbered_alt
from words.gradcam import describe_gradcam
from words.locales import Language
from words.lookalikes import describe_lookalikes
from words.similar import describe_similar
from words.skipped import left_out

SKIPPED_SHOWN, LEFT_OUT_ROOM = 12, 1200
"""The most lines, and characters, for photos that were left out; the others are counted."""

ALIKE, APART, UNSURE, HEAT, BLEND = 0x56B4E9, 0xE69F00, 0x808696, 0xFEE838, 0xCC79A7
"""Colours of the edge, those of the pictures: one person, two people, unsure, the strongest heat, and averages."""

Mention = Callable[[str], str]
"""Turns a command's name into a clickable mention."""


def similar(result: SimilarResult, words: Language) -> Reply:
    text = describe_similar(result, words)
    colour = UNSURE if result.verdict == "unsure" else ALIKE if result.same_person else APART
    return _reply(text, "similar", result.picture, colour, numbered=_numbered(result.numbered, words))


def gradcam(result: GradcamResult, words: Language) -> Reply:
    text = describe_gradcam(result, words)
    return _reply(text, "gradcam", result.picture, HEAT, numbered=_numbered(result.numbered, words))


def lookalikes(result: LookalikesResult, skipped: Sequence[Skipped], words: Language) -> Reply:
    """The reply of `/lookalikes`. `skipped`: photos that were left out before the work began."""
    text = describe_lookalikes(result, words)
    colour = ALIKE if result.groups else APART
    reply = _reply(text, "lookalikes", result.picture, colour, numbered=_numbered(result.numbered, words))
    return leaving_out(reply, (*result.skipped, *skipped), words)


def average(
    result: AverageResult,
    places: Sequence[str],
    words: Language,
    recipe: AverageRecipe,
    left: int = 0,
    *,
    out_of_time: bool = False,
) -> Reply:
    """The reply of `/average`; see `describe_average`. `places`: for each average, a mention of its channel, or ""."""
    text = describe_average(result, places, words, recipe, left, out_of_time=out_of_time)
    reply = _reply(text, "average", result.picture, BLEND)
    if result.animation is not None:
        morph = Shown(result.animation, "morph", words.plain.text("average-alt-morph"))
        reply = replace(reply, shown=(*reply.shown, morph))
    room = LEFT_OUT_ROOM // len(places)
    for one, place in zip(result.averaged, places, strict=True):
        reply = leaving_out(
            reply, one.skipped, words, place=place_name(place, words) if len(places) > 1 else "", room=room
        )
    return reply


def leaving_out(
    reply: Reply, skipped: Sequence[Skipped], words: Language, *, place: str = "", room: int = LEFT_OUT_ROOM
) -> Reply:
    """Add a list of what was left out, of `place` if that is given, in at most `room` characters."""
    lines = left_out(skipped, words, place=place, most_lines=SKIPPED_SHOWN, most_characters=room)
    return replace(reply, body="\n".join([*([reply.body] if reply.body else []), *lines]))


def about(
    version: str,
    models: Sequence[ModelCard],
    operator: AboutSection,
    languages: Sequence[str],
    mention: Mention,
    words: Language,
) -> Reply:
    """The reply of `/about`. `models`: the one that compares, then those that find faces; `languages`: their codes."""
    model, *finders = (
        words.text("about-licensed", model=card.name, licence=card.licence) if card.licence else card.name
        for card in models
    )
    links = [
        f"[{words.text(key)}](<{address}>)"
        for key, address in (
            ("about-website", operator.website),
            ("about-privacy-policy", operator.privacy),
            ("about-support", operator.support),
        )
        if address
    ]
    small = [
        words.text("about-model", model=model, name=models[0].name, finders=words.listed(finders)),
        words.text("about-languages", languages=words.listed(map(words.language_name, languages))),
        *([words.text("about-operator", operator=operator.operator)] if operator.operator else []),
        *([" · ".join(links)] if links else []),
    ]
    title = f"**{words.text('about-title', version=version)}**"
    parts = [
        f"{title}\n{commands(mention, words)}",
        words.text("about-privacy"),
        "\n".join(f"-# {one}" for one in small),
    ]
    return Reply("\n\n".join(parts))


def welcome(mention: Mention, words: Language) -> str:
    """The greeting for a server that has just added the bot."""
    return "\n".join(
        [words.text("welcome"), commands(mention, words), words.text("welcome-privacy", about=mention("about"))]
    )


def commands(mention: Mention, words: Language) -> str:
    """The questions that people can ask, with their commands."""
    names = ("similar", "lookalikes", "gradcam", "average")
    return words.text("about-what", **{name: mention(name) for name in names})


def error(problem: BaseException, job_id: str, words: Language) -> Reply:
    """The reply of a failed request: what is wrong and what to do next; for our faults, an apology with its id."""
    reply = Reply(describe_error(problem, words, job_id=job_id))
    reply = leaving_out(reply, getattr(problem, "skipped", ()), words)
    return Reply(clip_lines(reply.text, TEXT_LIMIT))


def _reply(text: AnswerText, name: str, picture: Picture, colour: int, *, numbered: tuple[Shown, ...] = ()) -> Reply:
    """`name`: the name of the picture's file, without its suffix."""
    return Reply(
        text.headline,
        (Shown(picture, name, text.alt),),
        "\n".join(text.body),
        "\n".join(text.small),
        numbered,
        colour=colour,
    )


def _numbered(photos: Sequence[NumberedPhoto], words: Language) -> tuple[Shown, ...]:
    return tuple(
        Shown(photo.picture, f"faces-{at}", numbered_alt(photo, words)) for at, photo in enumerate(photos, start=1)
    )
