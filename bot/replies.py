"""Result or error -> what people see, in their language.

Names of photos and places come from people: they are set as code, in which Discord shows characters as they are.
Alt texts are written for somebody who cannot see the picture.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import discord
from babel.lists import format_list

from bot.locales import Language, megabytes
from core.contracts import AverageResult, GradcamResult, Picture, SimilarResult, Skipped

TEXT_LIMIT = 2000
ALT_LIMIT = 1024
NAME_LIMIT = 60
"""Characters: Discord's own limits of a message and of an alt text, and what of a file's name is worth reading."""

SKIPPED_SHOWN = 10

METHODS = {
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "scorecam": "Score-CAM",
}
"""Names as their papers write them."""


@dataclass(frozen=True)
class Shown:
    """A picture as it stands in a reply: `name` of its file without the ending, `alt` in words."""

    picture: Picture
    name: str
    alt: str

    def file(self) -> discord.File:
        ending = {"jpeg": "jpg"}.get(self.picture.format, self.picture.format)
        data = io.BytesIO(self.picture.data)
        return discord.File(data, filename=f"{self.name}.{ending}", description=_clip(self.alt, ALT_LIMIT))


@dataclass(frozen=True)
class Reply:
    """Text, in Discord's markdown, and pictures."""

    text: str
    shown: tuple[Shown, ...] = ()

    def within(self, limit: int, words: Language) -> Reply:
        """The reply without pictures of more than `limit` bytes, but with a word about them."""
        fitting = tuple(shown for shown in self.shown if len(shown.picture.data) <= limit)
        heavy = [
            words.text("picture-too-heavy", size=megabytes(len(shown.picture.data)), limit=megabytes(limit))
            for shown in self.shown
            if shown not in fitting
        ]
        return Reply(_clip("\n".join([self.text, *heavy]), TEXT_LIMIT), fitting)


def similar(result: SimilarResult, words: Language) -> Reply:
    lines = [
        words.text("similar-same" if result.same_person else "similar-different", percent=result.shown_percent),
        words.text(
            "similar-meaning",
            model=result.model,
            metric=result.metric,
            score=result.score,
            threshold=result.threshold,
            line=result.line,
        ),
    ]
    for face, count in zip(result.faces, result.face_counts, strict=True):
        lines += _several_faces(face.photo, count, words)
    first, second = result.faces
    alt = words.text(
        "similar-alt",
        first=first.photo,
        second=second.photo,
        percent=result.shown_percent,
        line=result.line,
        same="yes" if result.same_person else "no",
    )
    return Reply("\n".join(lines), (Shown(result.picture, "similar", alt),))


def gradcam(result: GradcamResult, words: Language) -> Reply:
    order = sorted(result.regions, key=lambda region: result.regions[region], reverse=True)
    names = {region: words.text(f"region-{region}") for region in order}
    shares = _list(
        [
            words.text("gradcam-share", region=names[region], share=result.regions[region])
            for region in order
            if result.regions[region] >= 0.005
        ],
        words,
    )
    first, second, third = order[:3]
    values = {"first": first, "second": second, "third": third}
    photo = result.faces[result.face].photo
    lines = [
        words.text(
            "gradcam-most",
            **{place: names[region] for place, region in values.items()},
            **{f"{place}-share": result.regions[region] for place, region in values.items()},
        ),
        words.text("gradcam-all", shares=shares),
        words.text(
            "gradcam-method",
            method=METHODS.get(result.method, result.method),
            model=result.model,
            target=result.target,
        ),
        *_several_faces(photo, len(result.faces), words),
    ]
    return Reply(
        "\n".join(lines), (Shown(result.picture, "gradcam", words.text("gradcam-alt", photo=photo, shares=shares)),)
    )


def average(result: AverageResult, skipped: Sequence[Skipped], place: str, words: Language) -> Reply:
    """`skipped`: those that were left out before the work began; `place`: mention of the thread or channel."""
    count = len(result.used)
    lines = [
        words.text("average-done", count=count, place=place),
        *_left_out((*result.skipped, *skipped), words),
    ]
    return Reply("\n".join(lines), (Shown(result.picture, "average", words.text("average-alt", count=count)),))


def about(version: str, model: str, words: Language) -> Reply:
    return Reply(
        "\n".join(
            [
                f"**{words.text('about-title', version=version)}**",
                words.text("about-what"),
                words.text("about-model", model=model),
                words.text("about-privacy"),
            ]
        )
    )


def error(problem: BaseException, job_id: str, words: Language) -> Reply:
    """What is wrong and what to do next; for a fault of ours an apology with the request's id."""
    lines = [words.error(problem, job_id=job_id, quote=code)]
    lines += _left_out(getattr(problem, "skipped", ()), words)
    return Reply(_clip("\n".join(lines), TEXT_LIMIT))


def code(name: str) -> str:
    """A name as inline code: no markdown, mention or link in it comes to life."""
    plain = "".join(character if character.isprintable() else " " for character in name).replace("`", "ˋ")
    return f"`{_clip(plain, NAME_LIMIT)}`"


def _several_faces(photo: str, count: int, words: Language) -> list[str]:
    return [words.text("several-faces", photo=code(photo), count=count)] if count > 1 else []


def _left_out(skipped: Sequence[Skipped], words: Language) -> list[str]:
    if not skipped:
        return []
    lines = [words.text("average-skipped", count=len(skipped))]
    lines += [
        words.text("average-skipped-line", photo=code(one.photo), reason=words.reason(one.reason))
        for one in skipped[:SKIPPED_SHOWN]
    ]
    if len(skipped) > SKIPPED_SHOWN:
        lines.append(words.text("average-skipped-more", count=len(skipped) - SKIPPED_SHOWN))
    return lines


def _list(items: list[str], words: Language) -> str:
    return format_list(items, locale=words.code)


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
