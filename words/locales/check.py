"""What is wrong with a language's file, beside English: for the tests, and for files of people's own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

NAME_LIMIT, TEXT_LIMIT = 32, 100
"""Characters: Discord's own limits of a command's or an option's name, and of a description or a choice."""


@dataclass(frozen=True)
class Pattern:
    """The text of a message, or of an attribute.

    `variables` stand in it, and `others`: messages and terms (`-name`) that it repeats; `plain`: it, if it is text all.
    """

    variables: frozenset[str]
    others: frozenset[str]
    plain: str | None


class _References(Visitor):
    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.others: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802
        self.variables.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:  # noqa: N802
        self.others.add(node.id.name)

    def visit_TermReference(self, node: ftl.TermReference) -> None:  # noqa: N802
        self.others.add(f"-{node.id.name}")


def mend(source: str, reference: str, *, whole: bool) -> tuple[ftl.Resource, list[str]]:
    """`source` without what cannot be used, and what is wrong with it, a line each.

    `reference`: English, whose messages and variables are those that there are; `whole`: what is missing is wrong, too.
    """
    resource = FluentParser().parse(source)
    english = _patterns_of(reference)
    problems = list(_unreadable(resource))
    there = {name for entry in resource.body if (name := _name(entry))}
    kept: dict[str, ftl.Message | ftl.Term] = {}
    for entry in resource.body:
        if isinstance(entry, ftl.Term):
            kept[_name(entry)] = entry
        if isinstance(entry, ftl.Message):
            wrong = dict(_wrong(entry, english, there))
            if entry.id.name in kept:
                problems.append(f"{entry.id.name} stands there twice; the last one counts")
            problems += [f"{name} {what}" for name, what in wrong.items()]
            if entry.id.name in wrong:
                entry.value = None
            entry.attributes = [one for one in entry.attributes if f"{entry.id.name}.{one.id.name}" not in wrong]
            kept[entry.id.name] = entry
    mended = ftl.Resource(body=list(kept.values()))
    usable = patterns(mended)
    if whole and (missing := [name for name in english if name not in usable]):
        problems.append(f"said in English: {', '.join(missing)}")
    return mended, problems


def patterns(resource: ftl.Resource) -> dict[str, Pattern]:
    """The patterns of every message and attribute (`message.attribute`)."""
    return {
        name: _pattern(pattern)
        for entry in resource.body
        if isinstance(entry, ftl.Message)
        for name, pattern in _parts(entry)
    }


@lru_cache(maxsize=1)  # one reference for all files of a folder
def _patterns_of(source: str) -> Mapping[str, Pattern]:
    return patterns(FluentParser().parse(source))


def _name(entry: ftl.EntryType) -> str:
    """The name of a message, or of a term (`-name`); "" for anything else."""
    if isinstance(entry, ftl.Term):
        return f"-{entry.id.name}"
    return str(entry.id.name) if isinstance(entry, ftl.Message) else ""


def _parts(message: ftl.Message) -> Iterator[tuple[str, ftl.Pattern]]:
    if message.value is not None:
        yield message.id.name, message.value
    for attribute in message.attributes:
        yield f"{message.id.name}.{attribute.id.name}", attribute.value


def _pattern(pattern: ftl.Pattern) -> Pattern:
    references = _References()
    references.visit(pattern)
    texts = [element.value for element in pattern.elements if isinstance(element, ftl.TextElement)]
    plain = "".join(texts) if len(texts) == len(pattern.elements) else None
    return Pattern(frozenset(references.variables), frozenset(references.others), plain)


def _unreadable(resource: ftl.Resource) -> Iterator[str]:
    for entry in resource.body:
        if isinstance(entry, ftl.Junk):
            first = (entry.content or "").strip().partition("\n")[0]
            yield f"cannot be read, from here on: {first}"


def _wrong(message: ftl.Message, english: Mapping[str, Pattern], known: set[str]) -> Iterator[tuple[str, str]]:
    for name, pattern in _parts(message):
        there = _pattern(pattern)
        if name not in english:
            yield name, "is nothing that Sokkuri says"
        elif foreign := there.variables - english[name].variables:
            yield name, f"has no variable {', '.join(f'${one}' for one in sorted(foreign))}"
        elif lost := english[name].variables - there.variables:
            yield name, f"lacks the variable {', '.join(f'${one}' for one in sorted(lost))}"
        elif unknown := there.others - known:
            yield name, f"repeats {', '.join(sorted(unknown))}, which is not in this file"
        elif why := _refused(name, there.plain):
            yield name, why


def _refused(name: str, text: str | None) -> str | None:
    """Why Discord would take this for no name or description."""
    family, _, attribute = name.partition(".")
    if not name.startswith(("command-", "choice-", "context-")):
        return None
    if text is None or not text.strip():
        return "must be plain text"
    is_name = family.startswith("command-") and not attribute.endswith("description")
    limit = NAME_LIMIT if is_name or family.startswith("context-") else TEXT_LIMIT
    if len(text) > limit:
        return f"has more than {limit} characters"
    if is_name and not (text == text.lower() and all(map(_of_a_name, text))):
        return "must be one word of lower-case letters, digits, - and _"
    return None


def _of_a_name(character: str) -> bool:
    r"""Discord's `[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]`."""
    return (
        character in "-_'"
        or unicodedata.category(character)[0] in "LN"
        or unicodedata.name(character, "").startswith(("DEVANAGARI", "THAI"))
    )
