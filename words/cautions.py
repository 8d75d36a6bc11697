"""What is wrong with a face, and which photo would be better, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from math import floor

from core.contracts import Caution, CautionKind, SimilarResult, shown_percent
from words.locales import Language, Value

MOST_CAUTIONS = 3
"""Lines about what is wrong with two faces. One more says what that means and what would help."""

MOST_FLAWS, MOST_FACES = 3, 8
"""For many faces: lines about what is wrong with them, and faces that each line names."""


def measured(kind: CautionKind, value: float) -> dict[str, Value]:
    """How messages get the value of a caution: a stretched face has a factor above 1 and a `side`, wide or tall."""
    if kind == "stretched":
        return {"value": max(value, 1 / value), "side": "wide" if value > 1 else "tall"}
    return {"value": value}


def dashed(kind: CautionKind) -> str:
    """`kind` as the names of messages have it."""
    return kind.replace("_", "-")


def what_is_wrong(result: SimilarResult, words: Language) -> list[str]:
    """A line for each kind of caution, the worst of either face first; a kind that both faces have shares a line."""
    names = _names(result, words)
    lines = []
    for kind, faces in _shown(result).items():
        first, *second = faces.values()
        both = {"other": measured(kind, second[0].value)["value"]} if second else {}
        key = f"caution-{dashed(kind)}"
        photo = names[next(iter(faces))]
        lines.append(words.text(key, faces=_how_many(faces), photo=photo, **measured(kind, first.value), **both))
    return lines


def interval(result: SimilarResult, words: Language) -> list[str]:
    """Between which percentages clear photos would lie, and what such photos are like."""
    if result.interval is None:
        return []
    shown = _shown(result)
    flawed = sorted({face for faces in shown.values() for face in faces})
    how = dict.fromkeys(words.text(f"better-{dashed(kind)}") for kind in shown)
    values: dict[str, Value] = {"photo": _names(result, words)[flawed[0]], "how": words.listed(how)}
    return [words.text("similar-interval", faces=_how_many(flawed), **values, **_ends(result.interval))]


def interval_alt(result: SimilarResult, plain: Language) -> list[str]:
    """How the picture shows the interval."""
    return [] if result.interval is None else [plain.text("similar-interval-alt", **_ends(result.interval))]


def many_faces(cautions: Sequence[Sequence[Caution]], words: Language) -> list[str]:
    """Which faces are not seen clearly, by their numbers, each under the worst that is wrong with it."""
    by_kind: dict[CautionKind, list[int]] = {}
    for number, ones in enumerate(cautions, start=1):
        if ones:
            by_kind.setdefault(ones[0].kind, []).append(number)
    if not by_kind:
        return []
    order = sorted(by_kind, key=lambda kind: len(by_kind[kind]), reverse=True)
    named = order if len(order) <= MOST_FLAWS else order[: MOST_FLAWS - 1]
    lines = [words.text("lookalikes-cautions")]
    for kind in named:
        flaw = words.text(f"flaw-{dashed(kind)}")
        lines.append(words.text("lookalikes-caution", flaw=flaw, faces=_numbers(by_kind[kind], words)))
    if rest := sorted(number for kind in order[len(named) :] for number in by_kind[kind]):
        lines.append(words.text("lookalikes-caution-other", faces=_numbers(rest, words)))
    return lines


def _shown(result: SimilarResult) -> dict[CautionKind, dict[int, Caution]]:
    """The kinds that are told of, the worst of either face first, each with its faces (0, 1)."""
    by_kind: dict[CautionKind, dict[int, Caution]] = {}
    for worst in zip_longest(*result.cautions):
        for face, caution in enumerate(worst):
            if caution is not None:
                by_kind.setdefault(caution.kind, {})[face] = caution
    return {kind: dict(sorted(by_kind[kind].items())) for kind in list(by_kind)[:MOST_CAUTIONS]}


def _names(result: SimilarResult, words: Language) -> tuple[str, str]:
    """What the two photos are called; where that is the same, also where the answer's picture shows them."""
    first, second = (words.quote(face.photo) for face in result.faces)
    if first != second:
        return first, second
    return words.text("caution-on-left", photo=first), words.text("caution-on-right", photo=second)


def _how_many(faces: Iterable[int]) -> str:
    return "both" if len(list(faces)) == 2 else "one"


def _ends(ends: tuple[float, float]) -> dict[str, Value]:
    """Whole percentages, cut off as everywhere, so that neither crosses the line; with a decimal if that tells them
    apart.
    """
    low, high = (floor(end + 1e-6) for end in ends)
    if low < high:
        return {"low": low, "high": high}
    return {"low": shown_percent(ends[0]), "high": shown_percent(ends[1])}


def _numbers(faces: Sequence[int], words: Language) -> str:
    """The first few of the faces by their numbers, and how many more there are."""
    named = [words.text("lookalikes-face", number=number) for number in faces[:MOST_FACES]]
    if len(faces) > MOST_FACES:
        named.append(words.text("lookalikes-more-faces", count=len(faces) - MOST_FACES))
    return words.listed(named)
