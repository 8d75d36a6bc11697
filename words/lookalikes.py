"""Who looks like whom, in words."""

from __future__ import annotations

from core.contracts import Likeness, LookalikesResult
from words.answer import AnswerText
from words.cautions import many_faces
from words.locales import Language

PAIRS_SHOWN, GROUPS_SHOWN, FACES_SHOWN = 3, 6, 5
"""Limits for many faces: pairs and groups that the text lists, and faces that it names of a group."""


def describe_lookalikes(result: LookalikesResult, words: Language) -> AnswerText:
    """All but what was left out: see `words.skipped`."""
    one_photo = len({face.photo for face in result.faces}) == 1

    def face(index: int) -> str:
        if one_photo:
            return words.text("lookalikes-face", number=index + 1)
        return words.text("lookalikes-face-of", number=index + 1, photo=words.quote(result.faces[index].photo))

    def pair(key: str, likeness: Likeness) -> str:
        first, second = face(likeness.first), face(likeness.second)
        return words.text(key, first=first, second=second, percent=likeness.shown_percent)

    body = [pair("lookalikes-next", likeness) for likeness in result.pairs[1:PAIRS_SHOWN]]
    if result.strangers is not None and result.strangers not in result.pairs[:PAIRS_SHOWN]:
        body.append(pair("lookalikes-strangers", result.strangers))
    body.append(words.text("lookalikes-groups", groups=len(result.groups), line=result.line))
    for group in result.groups[:GROUPS_SHOWN]:
        named = [face(index) for index in group[:FACES_SHOWN]]
        if len(group) > FACES_SHOWN:
            named.append(words.text("lookalikes-more-faces", count=len(group) - FACES_SHOWN))
        body.append(words.text("lookalikes-group", faces=words.listed(named)))
    if len(result.groups) > GROUPS_SHOWN:
        body.append(words.text("lookalikes-more-groups", count=len(result.groups) - GROUPS_SHOWN))
    body += many_faces(result.cautions, words)
    count = words.text("lookalikes-count", count=len(result.faces), model=result.model)
    return AnswerText(pair("lookalikes-best", result.best), tuple(body), (count,), _alt(result, words.plain))


def _alt(result: LookalikesResult, plain: Language) -> str:
    alt = plain.text(
        "lookalikes-alt",
        count=len(result.faces),
        first=result.best.first + 1,
        second=result.best.second + 1,
        percent=result.best.shown_percent,
        groups=len(result.groups),
    )
    return f"{alt} {plain.text('lookalikes-cautions-alt')}" if any(result.cautions) else alt
