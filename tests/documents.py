"""Markdown documents as GitHub shows them: links, pictures, and the anchors of headings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_MENTION = re.compile(r"""(?:"(?P<section>[^"]+)"\ in\ )?  # as in: see "A GPU" in docs/scaling.md
                          (?<![\w:/.-])(?P<file>[\w.][\w./-]*\.md)\b  # and not the end of a web address
                          (?:\#(?P<anchor>[\w-]+))?""", re.VERBOSE)  # fmt: skip


@dataclass
class Document:
    """`links` and `pictures`: addresses as written; `anchors`: what a link's fragment may be; `headings`: their texts.

    `unnamed`: pictures without an alternative text; `codes`: what stands between backticks.
    """

    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    headings: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)


@cache
def read(path: Path) -> Document:
    """Parse the Markdown file at `path`."""
    document = Document()
    seen: Counter[str] = Counter()
    tokens = _MARKDOWN.parse(path.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        for part in [token, *(token.children or ())]:
            _take(part, document)
        if before is not None and before.type == "heading_open":
            heading = "".join(part.content for part in token.children or () if part.type in ("text", "code_inline"))
            slug = slug_of(heading)
            document.headings.add(heading)
            document.anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
    return document


def code_blocks(path: Path, language: str) -> list[str]:
    """Return the fenced blocks of code in that language."""
    tokens = _MARKDOWN.parse(path.read_text(encoding="utf-8"))
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


def slug_of(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading: lower case, punctuation dropped, spaces as hyphens."""
    kept = (one for one in heading.strip().lower() if one in "- " or _of_a_word(one))
    return "".join(kept).replace(" ", "-")


def broken_links(path: Path, root: Path) -> Iterator[str]:
    """Yield a line for each link or picture of the document at `path` that leads nowhere on GitHub.

    Addresses of other websites are not fetched: only their scheme is checked.
    """
    document = read(path)
    name = path.relative_to(root)
    for address in document.links:
        if problem := _broken(address, path, root):
            yield f"{name}: [{address}]: {problem}"
    for address in document.pictures:
        if problem := _broken(address, path, root, picture=True):
            yield f"{name}: picture {address}: {problem}"
    for address in document.unnamed:
        yield f"{name}: picture {address}: no alternative text"


def broken_mentions(path: Path, root: Path, written_here: Iterable[str] = ()) -> Iterator[str]:
    """Yield a line for each mention of a document in code or settings, such as `"A GPU" in docs/scaling.md`, that is
    not there, or has no such section. Documents are named by their path from `root`, or as files next to `path`.

    `written_here`: names of files that the code itself writes.
    """
    text = re.sub(r"\n[ \t]*(?:#|//|\*)?[ \t]*", " ", path.read_text(encoding="utf-8"))  # comments over several lines
    name = path.relative_to(root)
    for mention in _MENTION.finditer(text):
        file, section, anchor = mention["file"], mention["section"], mention["anchor"]
        if file in written_here:
            continue
        target = next((one for one in (root / file, path.parent / file) if one.is_file()), None)
        if target is None:
            yield f"{name}: there is no {file}"
        elif section is not None and section not in read(target).headings:
            yield f'{name}: {file} has no section "{section}"'
        elif anchor is not None and anchor not in read(target).anchors:
            yield f"{name}: {file} has no anchor #{anchor}"
    if re.search(r"\b(README|CONTRIBUTING|CHANGELOG)\b(?!\.md)", text):
        yield f"{name}: names a document without its path"


def _broken(address: str, path: Path, root: Path, *, picture: bool = False) -> str | None:
    url = urlsplit(address)
    if url.scheme or url.netloc:
        return None if url.scheme == "https" and url.netloc else "not an https address"
    target = (path.parent / unquote(url.path)).resolve() if url.path else path
    if url.path.startswith("/") or not target.is_relative_to(root):
        return "leads out of the repository"
    if not (target.is_file() if picture else target.exists()):
        return "there is no such file"
    if url.fragment and (target.suffix != ".md" or unquote(url.fragment) not in read(target).anchors):
        return "there is no such anchor"
    return None


def _of_a_word(character: str) -> bool:
    r"""Ruby's `\p{Word}`, which GitHub keeps: letters, marks, decimal digits and connecting punctuation."""
    category = unicodedata.category(character)
    return category[0] in "LM" or category in ("Nd", "Pc")


def _take(token: Token, document: Document) -> None:
    if token.type == "link_open":
        document.links.append(str(token.attrs["href"]))
    elif token.type == "image":
        _picture(document, str(token.attrs["src"]), token.content)
    elif token.type == "code_inline":
        document.codes.add(token.content)
    elif token.type in ("html_inline", "html_block"):
        _Html(document).feed(token.content)


def _picture(document: Document, address: str, text: str) -> None:
    document.pictures.append(address)
    if not text.strip():
        document.unnamed.append(address)


class _Html(HTMLParser):
    """HTML inside Markdown: pictures with a width, links, and anchors set by hand."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            _picture(self._document, values.get("src", ""), values.get("alt", ""))
        if tag == "a" and "href" in values:
            self._document.links.append(values["href"])
        self._document.anchors |= {values[name] for name in ("id", "name") if name in values}
