"""The documents are true: links and anchors resolve, tests that they name exist, and no library is missing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from documents import broken_links, broken_mentions, read, slug_of

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    {file for glob in ("*.md", "docs/*.md", "benchmarks/*.md", "sandbox/**/*.md") for file in ROOT.glob(glob)}
)
FOLDERS = {"bot", "benchmarks", "cli", "core", "deploy", "docs", "fuzz", "sandbox", "soak", "sokkuri", "tests", "words"}
WITH_COMMENTS = {".py", ".toml", ".ftl", ".js", ".css", ".html", ".yml", ".yaml", ".sh"}
CODE = sorted(
    file
    for file in [*ROOT.iterdir(), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*"))]
    if (file.suffix in WITH_COMMENTS or file.name in ("Makefile", "Dockerfile"))
    and file not in (Path(__file__), Path(__file__).with_name("documents.py"))
)


def test_every_link_anchor_and_picture_of_the_documents_resolves() -> None:
    assert {file.name for file in DOCUMENTS} >= {
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "architecture.md",
        "report.md",
    }
    assert [problem for file in DOCUMENTS for problem in broken_links(file, ROOT)] == []


def test_every_document_that_code_and_settings_name_is_there() -> None:
    assert ROOT / "config.example.toml" in CODE
    written_here = ("report.md",)  # by `make bench`, beside its code
    assert [problem for file in CODE for problem in broken_mentions(file, ROOT, written_here)] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_every_document_is_found_from_the_readme() -> None:
    pages = {(ROOT / link.partition("#")[0]).resolve() for link in read(ROOT / "README.md").links}
    assert {file for file in DOCUMENTS if file.parent in (ROOT, ROOT / "docs")} - pages == {ROOT / "README.md"}


@pytest.mark.parametrize(
    ("markdown", "problem"),
    [
        ("[x](other.md)", None),
        ("[x](other.md#two-words)", None),
        ("[x](other.md#two-words-1)", None),
        ("[x](other.md#similar-それ)", None),
        ("[x](other.md#by-hand)", None),
        ("[x](#page)", None),
        ("[x](folder)", None),
        ("[x](https://example.org/none)", None),
        ("`[x](none.md)`", None),
        ("```\n[x](none.md)\n```", None),
        ("![x](picture.png)", None),
        ("| a |\n| - |\n| <img src='picture.png' alt='x'> |", None),
        ("[x](none.md)", "there is no such file"),
        ("[x]: none.md\n\n[x]", "there is no such file"),
        ("[x](Other.md)", "there is no such file"),
        ("<a href='none.md'>x</a>", "there is no such file"),
        ("[x](other.md#two-words-2)", "there is no such anchor"),
        ("[x](other.md#Two-words)", "there is no such anchor"),
        ("[x](other.md#in-code)", "there is no such anchor"),
        ("[x](#two-words)", "there is no such anchor"),
        ("[x](../outside.md)", "leads out of the repository"),
        ("[x](/other.md)", "leads out of the repository"),
        ("[x](http://example.org)", "not an https address"),
        ("| a |\n| - |\n| [x](none.md) |", "there is no such file"),
        ("![x](none.png)", "there is no such file"),
        ("![x](folder)", "there is no such file"),
        ("![](picture.png)", "no alternative text"),
        ("<img src='none.png' alt='x'>", "there is no such file"),
    ],
)
def test_what_is_broken_on_purpose_is_found(tmp_path: Path, markdown: str, problem: str | None) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "outside.md").touch()
    (root / "picture.png").touch()
    (root / "other.md").write_text(
        "# Two words\n\n## *Two* `words`\n\n### `/similar`: それ!\n\n<a id='by-hand'></a>\n\n```\n# In code\n```\n",
        encoding="utf-8",
    )
    page = root / "page.md"
    page.write_text(f"# Page\n\n{markdown}\n", encoding="utf-8")
    found = [line.rpartition(": ")[2] for line in broken_links(page, root)]
    assert found == ([] if problem is None else [problem])


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ('# see "A GPU" in docs/scaling.md', None),
        ('# see "A\n# GPU" in docs/scaling.md', None),
        ("# see docs/scaling.md#a-gpu", None),
        ("# see beside.md", None),
        ("# writes written.md", None),
        ("# see https://example.org/docs/none.md", None),
        ("# see docs/none.md", "there is no docs/none.md"),
        ('# see "A CPU" in docs/scaling.md', 'docs/scaling.md has no section "A CPU"'),
        ("# see docs/scaling.md#a-cpu", "docs/scaling.md has no anchor #a-cpu"),
        ("# see the README", "names a document without its path"),
    ],
)
def test_a_mention_that_is_broken_on_purpose_is_found(tmp_path: Path, comment: str, problem: str | None) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "scaling.md").write_text("## A GPU\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "beside.md").touch()
    code = tmp_path / "code" / "module.py"
    code.write_text(f"{comment}\n")
    found = [line.partition(": ")[2] for line in broken_mentions(code, tmp_path, ("written.md",))]
    assert found == ([] if problem is None else [problem])


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What is not stopped", "what-is-not-stopped"),
        ("Two faces: /similar, /似てる", "two-faces-similar-似てる"),
        ("[0.1.0] - 2026-11-23", "010---2026-11-23"),
        ("snake_case & more", "snake_case--more"),
    ],
)
def test_anchors_are_those_of_github(heading: str, anchor: str) -> None:
    assert slug_of(heading) == anchor


def test_every_path_that_the_documents_name_is_there() -> None:
    """NAME and the like stand for what somebody adds: something of that kind is there."""
    named = {
        code for file in DOCUMENTS for code in read(file).codes if code.partition("/")[0] in FOLDERS and "/" in code
    }
    patterns = {path: re.sub("[A-Z]{2,}", "*", path.rstrip("/")) for path in named if re.fullmatch(r"[\w./-]+", path)}
    assert [path for path, pattern in sorted(patterns.items()) if not list(ROOT.glob(pattern))] == []


def threats() -> list[list[str]]:
    """Rows of the threat model's tables: what threatens, what stops it, what shows that."""
    lines = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in cells if len(row) == 3 and row[0] != "threat" and set(row[0]) != {"-"}]


def test_every_threat_names_tests_and_there_are_such() -> None:
    functions = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    found = threats()
    assert len(found) > 20
    for threat, _, shown in found:
        named = re.findall(r"`([^`]+)`", shown)
        assert named, f"no test is named for: {threat}"
        for name in named:
            assert name in functions or (ROOT / name).is_file() or name.startswith("make "), f"{threat}: no test {name}"


def test_every_library_has_a_reason_and_a_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    }
    names = {re.split(r"[<>=!~ ]", requirement)[0] for requirement in wanted}
    assert {"aiohttp", "ruff"} <= names
    for document in ("docs/architecture.md", "THIRD_PARTY.md"):
        text = normal((ROOT / document).read_text(encoding="utf-8"))
        assert {
            name for name in names if not re.search(rf"(?<![\w-]){re.escape(normal(name))}(?![\w-])", text)
        } == set(), document


def normal(name: str) -> str:
    return name.lower().replace(".", "-")
