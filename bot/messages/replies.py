"""Result or error -> what people see, in their language.

Names of photos and places come from people: they are set as code, in which Discord shows characters as they are.
Alt texts are written for somebody who cannot see the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import floor

from bot.config import AboutSection
from bot.messages.layout import TEXT_LIMIT, Reply, Shown, clip, clip_lines
from core.contracts import (
    HEATMAP_LABELS,
    AverageRecipe,
    AverageResult,
    FoundFace,
    GradcamResult,
    HeatmapMethod,
    Likeness,
    LookalikesResult,
    ModelCard,
    NumberedPhoto,
    SimilarResult,
    Skipped,
)
from words.locales import Language

NAME_LIMIT = 60
"""Characters of a file's name that are worth reading."""

SKIPPED_SHOWN, LEFT_OUT_ROOM = 12, 1200
"""Lines, and characters, that what was left out may take; the rest is counted."""

PAIRS_SHOWN, GROUPS_SHOWN, FACES_SHOWN = 3, 6, 5
"""Of many faces: pairs and groups that are told in words, and faces of a group that are named."""

WORTH_NAMING = 0.1
"""Share of the evidence from which on a region is named, of either sign."""

MUCH_OUTSIDE = 0.3
"""Share of the attention outside the face from which on a warning is due."""

TOP_RANK = 0.999

ALIKE, APART, HEAT, BLEND = 0x56B4E9, 0xE69F00, 0xFEE838, 0xCC79A7
"""Colours of the edge, as the pictures have them: one person and two, the strongest heat, and no side taken."""

Mention = Callable[[str], str]
"""A command's name to what is clicked on to use it."""


def similar(result: SimilarResult, words: Language) -> Reply:
    why = _why(result, words)
    body = [*_certainty(result, words), *why]
    for face, found in zip(result.faces, result.found, strict=True):
        body += _several_faces(face, found, words)
    meaning = words.text(
        "similar-meaning",
        model=result.model,
        metric=result.metric,
        score=result.score,
        threshold=result.threshold,
        line=result.line,
    )
    first, second = result.faces
    alt = words.text(
        "similar-alt",
        first=first.photo,
        second=second.photo,
        percent=result.shown_percent,
        line=result.line,
        same="yes" if result.same_person else "no",
    )
    if why:
        alt = " ".join([alt, words.text("similar-why-alt"), *(line.replace("**", "") for line in why)])
    return Reply(
        words.text(f"similar-{result.verdict}", percent=result.shown_percent),
        (Shown(result.picture, "similar", alt),),
        "\n".join(body),
        meaning,
        _numbered(result.numbered, words),
        colour=ALIKE if result.same_person else APART,
    )


def _why(result: SimilarResult, words: Language) -> list[str]:
    """Which regions make the two alike, and which set them apart; nothing where that was not asked for."""
    if not result.regions:
        return []
    order = sorted(result.regions, key=lambda region: abs(result.regions[region]), reverse=True)
    named = [region for region in order if abs(result.regions[region]) >= WORTH_NAMING]
    alike, apart = (
        words.listed(
            [
                words.text("gradcam-share", region=words.text(f"region-{region}"), share=abs(result.regions[region]))
                for region in named
                if result.regions[region] * sign > 0
            ]
        )
        for sign in (1, -1)
    )
    if alike and apart:
        return [words.text("similar-why-both", alike=alike, apart=apart)]
    if alike:
        return [words.text("similar-why-alike", alike=alike)]
    if apart:
        return [words.text("similar-why-apart", apart=apart)]
    return [words.text("similar-why-none")]


def gradcam(result: GradcamResult, words: Language) -> Reply:
    order = sorted(result.regions, key=lambda region: result.regions[region], reverse=True)
    names = {region: words.text(f"region-{region}") for region in order}
    shares = words.listed(
        [
            words.text("gradcam-share", region=names[region], share=result.regions[region])
            for region in order
            if result.regions[region] >= 0.005
        ]
    )
    first, second, third = order[:3]
    values = {"first": first, "second": second, "third": third}
    photo = result.faces[result.face].photo
    most = words.text(
        "gradcam-most",
        **{place: names[region] for place, region in values.items()},
        **{f"{place}-share": result.regions[region] for place, region in values.items()},
    )
    body = [
        words.text("gradcam-all", shares=shares),
        *([words.text("gradcam-outside", share=result.outside_face)] if result.outside_face >= MUCH_OUTSIDE else []),
        *_several_faces(result.faces[result.face], result.faces, words),
    ]
    method = words.text(
        "gradcam-method",
        method=method_name(result.method, words),
        model=result.model,
        target=_target(result),
        dimension=result.target,
        other=code(result.compared_to or ""),
    )
    alt = words.text("gradcam-alt", photo=photo, shares=shares)
    numbered = _numbered(result.numbered, words)
    return Reply(most, (Shown(result.picture, "gradcam", alt),), "\n".join(body), method, numbered, colour=HEAT)


def method_name(method: HeatmapMethod, words: Language) -> str:
    """In the language's own words, where it has some; else as its paper writes it."""
    key = f"choice-{method}"
    return words.text(key) if words.has(key) else HEATMAP_LABELS[method]


def _target(result: GradcamResult) -> str:
    if result.method == "eigencam":  # it looks at the maps alone
        return "none"
    return "dimension" if result.target.isdecimal() else result.target


def lookalikes(result: LookalikesResult, skipped: Sequence[Skipped], words: Language) -> Reply:
    """`skipped`: those that were left out before the work began."""

    def face(index: int) -> str:
        if len({one.photo for one in result.faces}) == 1:
            return words.text("lookalikes-face", number=index + 1)
        return words.text("lookalikes-face-of", number=index + 1, photo=code(result.faces[index].photo))

    def pair(key: str, likeness: Likeness) -> str:
        first, second = face(likeness.first), face(likeness.second)
        return words.text(key, first=first, second=second, percent=likeness.shown_percent)

    best, count = result.best, len(result.faces)
    lines = [pair("lookalikes-next", likeness) for likeness in result.pairs[1:PAIRS_SHOWN]]
    if result.strangers is not None and result.strangers not in result.pairs[:PAIRS_SHOWN]:
        lines.append(pair("lookalikes-strangers", result.strangers))
    lines.append(words.text("lookalikes-groups", groups=len(result.groups), line=result.line))
    for group in result.groups[:GROUPS_SHOWN]:
        named = [face(index) for index in group[:FACES_SHOWN]]
        if len(group) > FACES_SHOWN:
            named.append(words.text("lookalikes-more-faces", count=len(group) - FACES_SHOWN))
        lines.append(words.text("lookalikes-group", faces=words.listed(named)))
    if len(result.groups) > GROUPS_SHOWN:
        lines.append(words.text("lookalikes-more-groups", count=len(result.groups) - GROUPS_SHOWN))
    lines += _left_out((*result.skipped, *skipped), words, words.text("skipped"), LEFT_OUT_ROOM)
    alt = words.text(
        "lookalikes-alt",
        count=count,
        first=best.first + 1,
        second=best.second + 1,
        percent=best.shown_percent,
        groups=len(result.groups),
    )
    return Reply(
        pair("lookalikes-best", best),
        (Shown(result.picture, "lookalikes", alt),),
        "\n".join(lines),
        words.text("lookalikes-count", count=count, model=result.model),
        _numbered(result.numbered, words),
        colour=ALIKE if result.groups else APART,
    )


def leaving_out(reply: Reply, skipped: Sequence[Skipped], words: Language) -> Reply:
    """And what was left out before the work began."""
    lines = _left_out(skipped, words, words.text("skipped"), LEFT_OUT_ROOM)
    return replace(reply, body="\n".join([*([reply.body] if reply.body else []), *lines]))


def average(
    result: AverageResult,
    places: Sequence[str],
    words: Language,
    recipe: AverageRecipe,
    left: int = 0,
    *,
    out_of_time: bool = False,
) -> Reply:
    """`places`: mentions of the threads or channels, one for each average; `left`: photos that nobody looked at,
    because somebody stopped it, or as it was `out_of_time`.
    """
    lines = []
    for people in (one.people for one in result.averaged):
        if people is not None:
            lines.append(words.text("average-people", people=people))
    if left:
        lines.append(words.text("average-ready", left=left, why="time" if out_of_time else "stopped"))
    for one, place in zip(result.averaged, places, strict=True):
        heading = words.text("skipped") if len(places) == 1 else words.text("skipped-of", place=place)
        lines += _left_out(one.skipped, words, heading, LEFT_OUT_ROOM // len(places))
    shown = [Shown(result.picture, "average", _average_alt(result, words))]
    if result.animation is not None:
        shown.append(Shown(result.animation, "morph", words.text("average-alt-morph")))
    small = "\n".join(_recipe(recipe, words))
    return Reply(average_of(result, places, words), tuple(shown), "\n".join(lines), small, colour=BLEND)


def average_of(result: AverageResult, places: Sequence[str], words: Language) -> str:
    """Of how many faces, and where they are from."""
    first, *second = result.averaged
    if not second:
        return words.text("average-done", faces=len(first.faces), photos=len(first.used), place=places[0])
    return words.text(
        "average-mixture",
        first=len(first.faces),
        second=len(second[0].faces),
        place=places[0],
        other=places[1],
        share=1 - (result.ratio or 0.0),
        ratio=result.ratio or 0.0,
    )


def _recipe(recipe: AverageRecipe, words: Language) -> list[str]:
    """What was asked for that is not the usual way."""
    usual = AverageRecipe()
    told = [
        *([words.text(f"choice-{recipe.shape}")] if recipe.shape != usual.shape else []),
        *([words.text(f"choice-{recipe.method}")] if recipe.method != usual.method else []),
        *([words.text("recipe-no-texture")] if not recipe.texture else []),
        *([words.text("recipe-symmetric")] if recipe.symmetric else []),
        *([words.text("recipe-match-colour")] if recipe.match_colour else []),
    ]
    return [words.text("average-recipe", choices=words.listed(told))] if told else []


def _average_alt(result: AverageResult, words: Language) -> str:
    first, *second = result.averaged
    if not second:
        return words.text("average-alt", count=len(first.faces))
    ratio = result.ratio or 0.0
    return words.text("average-alt-mixture", first=len(first.faces), second=len(second[0].faces), ratio=ratio)


def about(
    version: str,
    models: Sequence[ModelCard],
    operator: AboutSection,
    languages: Sequence[str],
    mention: Mention,
    words: Language,
) -> Reply:
    """`models`: the one that compares, and those that find faces; `languages`: their codes."""
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
        words.text("about-model", model=model, finders=words.listed(finders)),
        words.text("about-languages", languages=words.listed(map(words.name_of, languages))),
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
    """To a server that has just added the bot."""
    return "\n".join(
        [words.text("welcome"), commands(mention, words), words.text("welcome-privacy", about=mention("about"))]
    )


def commands(mention: Mention, words: Language) -> str:
    """What can be asked, and how."""
    names = ("similar", "lookalikes", "gradcam", "average")
    return words.text("about-what", **{name: mention(name) for name in names})


def error(problem: BaseException, job_id: str, words: Language) -> Reply:
    """What is wrong and what to do next; for a fault of ours an apology with the request's id."""
    lines = [words.error(problem, job_id=job_id, quote=code)]
    lines += _left_out(getattr(problem, "skipped", ()), words, words.text("skipped"), LEFT_OUT_ROOM)
    return Reply(clip_lines("\n".join(lines), TEXT_LIMIT))


def code(name: str) -> str:
    """A name as inline code: no markdown, mention or link in it comes to life."""
    plain = "".join(character if character.isprintable() else " " for character in name).replace("`", "ˋ")
    return f"`{clip(plain, NAME_LIMIT)}`"


def _certainty(result: SimilarResult, words: Language) -> list[str]:
    """Whether it is a close call, and how rare such a likeness is."""
    lines = [words.text("similar-near")] if result.near_line else []
    if result.stranger_rank is not None:
        # past the rarest score that was measured, the rank is a bound and not a value
        key = "similar-rank-top" if result.stranger_rank >= TOP_RANK else "similar-rank"
        rank = floor(result.stranger_rank * 1000 + 1e-6) / 1000  # cut, as the percentage is
        lines.append(words.text(key, rank=rank, error=100 * (result.rank_error or 0.0)))
    return lines


def _several_faces(used: FoundFace, found: Sequence[FoundFace], words: Language) -> list[str]:
    if len(found) < 2:
        return []
    return [words.text("several-faces", photo=code(used.photo), count=len(found), number=found.index(used) + 1)]


def _numbered(photos: Sequence[NumberedPhoto], words: Language) -> tuple[Shown, ...]:
    return tuple(
        Shown(photo.picture, f"faces-{at}", words.text("numbered-alt", photo=photo.photo, count=photo.count))
        for at, photo in enumerate(photos, start=1)
    )


def _left_out(skipped: Sequence[Skipped], words: Language, heading: str, room: int) -> list[str]:
    """Each with its reason, as many as have room in so many characters; the others are counted."""
    if not skipped:
        return []
    said = skipped_lines(skipped, words, code)
    shown = 0
    for line in said[:SKIPPED_SHOWN]:
        room -= len(line) + 1
        shown += room >= 0
    more = [words.text("skipped-more", count=len(said) - shown)] if shown < len(said) else []
    return [heading, *said[:shown], *more]


def skipped_lines(skipped: Sequence[Skipped], words: Language, quote: Callable[[str], str]) -> list[str]:
    """A line for each photo that was left out; faces of one photo that have one reason share a line."""
    together: dict[tuple[str, str], list[Skipped]] = {}
    for one in skipped:
        together.setdefault((one.photo, one.reason), []).append(one)
    lines = []
    for (photo, reason), ones in together.items():
        values = {"photo": quote(photo), "reason": words.reason(reason)}
        if ones[0].face is None:
            lines.append(words.text("skipped-photo", **values))
        elif len(ones) == 1:
            lines.append(words.text("skipped-face", number=ones[0].face, **values))
        else:
            lines.append(words.text("skipped-faces", count=len(ones), **values))
    return lines
