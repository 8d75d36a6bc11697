"""Strangers send recordings with bug reports: nothing in one can escape its folder or control the terminal."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from cli.serve import _keep
from sandbox import File, Sandbox
from sandbox.cdn import one_colour_png
from sandbox.conditions import DEFAULT_SIZE_LIMIT
from sandbox.conversations import Player, Recorder, Unplayable
from sandbox.files import safe_name
from sandbox.samples import FACES
from sandbox.state import Attachment

PNG = one_colour_png(7, (1, 2, 3))
POST = {"id": 1, "do": "post", "who": "Kei", "locale": "en-US", "in": "general", "content": "", "files": []}


def recording(folder: Path, *lines: dict | str) -> Path:
    file = folder / "talk.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    file.write_text("\n".join([json.dumps({"conversation": 1}), *texts]), encoding="utf-8")
    (folder / "talk.files").mkdir(exist_ok=True)
    return file


async def played(sandbox: Sandbox, file: Path) -> None:
    async for done in Player(sandbox, file).play():
        assert done.failure is None


# ---------------------------------------------------------------- files that it names


def absolute(folder: Path) -> str:
    return str(folder / "secret")


def upwards(folder: Path) -> str:
    return "talk.files/../secret"


def beside(folder: Path) -> str:
    return "secret"


def link(folder: Path) -> str:
    (folder / "talk.files" / "a.png").symlink_to(folder / "secret")
    return "talk.files/a.png"


def link_to_a_device(folder: Path) -> str:
    (folder / "talk.files" / "a.png").symlink_to("/dev/zero")
    return "talk.files/a.png"


def link_in_a_circle(folder: Path) -> str:
    (folder / "talk.files" / "a.png").symlink_to(folder / "talk.files" / "a.png")
    return "talk.files/a.png"


def linked_folder(folder: Path) -> str:
    (folder / "talk.files").rmdir()
    (folder / "talk.files").symlink_to(folder)
    return "talk.files/secret"


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "talk.files" / "a.png")
    return "talk.files/a.png"


def directory(folder: Path) -> str:
    (folder / "talk.files" / "a.png").mkdir()
    return "talk.files/a.png"


def large(folder: Path) -> str:
    with (folder / "talk.files" / "a.png").open("wb") as file:
        file.truncate(DEFAULT_SIZE_LIMIT + 1)
    return "talk.files/a.png"


def no_name(folder: Path) -> str:
    return "talk.files/a\0.png"


@pytest.mark.parametrize(
    "place",
    [
        absolute,
        upwards,
        beside,
        link,
        link_to_a_device,
        link_in_a_circle,
        linked_folder,
        pipe,
        directory,
        large,
        no_name,
    ],
)
async def test_files_outside_a_recordings_folder_are_not_read(
    sandbox: Sandbox, tmp_path: Path, place: Callable[[Path], str]
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    file = recording(tmp_path)
    recording(tmp_path, {**POST, "files": [{"file": place(tmp_path), "name": "a.png"}]})
    with pytest.raises(Unplayable, match="line 1"):
        await played(sandbox, file)
    assert not sandbox.channel("general").messages


async def test_files_of_a_recordings_folder_and_the_sample_faces_are_read(sandbox: Sandbox, tmp_path: Path) -> None:
    face = os.path.relpath(FACES / "person_a_1.jpg", tmp_path)
    names = ["talk.files/a.png", "talk.files/link.png", face]
    file = recording(tmp_path, {**POST, "files": [{"file": name} for name in names]})
    (tmp_path / "talk.files" / "a.png").write_bytes(PNG)
    (tmp_path / "talk.files" / "link.png").symlink_to("a.png")
    await played(sandbox, file)
    (message,) = sandbox.channel("general").messages.values()
    assert [one.data for one in message.files] == [PNG, PNG, (FACES / "person_a_1.jpg").read_bytes()]


# ---------------------------------------------------------------- its lines


@pytest.mark.parametrize("id_", ["../../out", "1", 1.0, True, -1, 10**9, None, [1], {"a": 1}])
def test_ids_are_whole_numbers(sandbox: Sandbox, tmp_path: Path, id_: object) -> None:
    with pytest.raises(Unplayable, match="line 2, id"):
        Player(sandbox, recording(tmp_path, {**POST, "id": id_}))


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"id": 1, "do": "conditions", "conditions": ' + '{"a":' * 500 + "1" + "}" * 501,
        json.dumps({**POST, "content": "x" * 1024 * 1024}),
        json.dumps({**POST, "content": "\ud800"}),
        json.dumps({**POST, "content": 7}),
        json.dumps({**POST, "files": ["a.png"]}),
        json.dumps({**POST, "files": [{"file": "talk.files/a.png"}] * 11}),
        json.dumps({"id": 1, "do": "slash", "options": [1]}),
        json.dumps({"id": 1, "do": "slash", "options": {"photo": [[]]}}),
        json.dumps({"do": "post"}),
        json.dumps({"id": 1}),
        "[]",
        '"text"',
        "{",
    ],
)
def test_lines_that_cannot_be_are_refused_in_one_line(sandbox: Sandbox, tmp_path: Path, line: str) -> None:
    with pytest.raises(Unplayable, match=r"talk\.jsonl.*line 2") as refused:
        Player(sandbox, recording(tmp_path, line))
    assert "\n" not in str(refused.value)


async def test_what_is_missing_in_a_line_or_unknown_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    role = {"id": 1, "do": "slash", "who": "Kei", "locale": "en-US", "in": "general", "command": "a"}
    for line in (
        {"id": 1, "do": "post"},
        {"id": 1, "do": "dance", "who": "Kei", "locale": "en-US", "in": "general"},
        {**role, "options": {"role": {"role": "nobody's"}}},
        {**role, "options": {"role": {}}},
    ):
        with pytest.raises(Unplayable, match="line 1 cannot be done"):
            await played(sandbox, recording(tmp_path, line))


async def test_separators_of_lines_within_a_text_end_no_line(sandbox: Sandbox, tmp_path: Path) -> None:
    text = "one\u2028two\x85three"
    await played(sandbox, recording(tmp_path, {**POST, "content": text}))
    assert [one.content for one in sandbox.channel("general").messages.values()] == [text]


def test_a_recording_that_is_no_file_or_too_large_is_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    for name in ("pipe", "large", "nowhere", "."):
        with pytest.raises(Unplayable):
            Player(sandbox, tmp_path / name)


# ---------------------------------------------------------------- what is written


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0, 0o777])
async def test_a_recording_is_for_nobody_else_to_read(sandbox: Sandbox, tmp_path: Path, mask: int) -> None:
    file = tmp_path / "talk.jsonl"
    with umask(mask), Recorder(sandbox, file, samples=False).recording():
        await sandbox.post(sandbox.channel("general"), files=[File("a.png", PNG)])
    assert mode(file) == 0o600
    assert mode(tmp_path / "talk.files") == 0o700
    assert mode(tmp_path / "talk.files" / "a.png") == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk.files", "talk.jsonl"]


async def test_a_recording_follows_no_link_and_takes_any_name(sandbox: Sandbox, tmp_path: Path) -> None:
    precious, file = tmp_path / "precious", tmp_path / "talk.jsonl"
    precious.write_text("precious")
    file.with_name("talk.jsonl.new").symlink_to(precious)
    names = ["..", ".", "", "a\0b", "\x1b[2J.png", "é" * 300 + ".png", "a/b", "a\\b"]
    with Recorder(sandbox, file, samples=False).recording():
        for name in names:
            await sandbox.post(sandbox.channel("general"), files=[File(name, name.encode())])
    assert precious.read_text() == "precious"
    lines = [json.loads(line) for line in file.read_text().split("\n")[1:] if line]
    assert [(tmp_path / line["files"][0]["file"]).read_bytes() for line in lines] == [name.encode() for name in names]
    assert all(Path(line["files"][0]["file"]).parent == Path("talk.files") for line in lines)
    async with Sandbox() as other:
        await played(other, file)


def picture(name: str) -> Attachment:
    return Attachment.of(File(name, PNG), 1, 1)


@pytest.mark.parametrize("mask", [0, 0o077])
def test_pictures_of_replies_are_written_inside_their_folder(tmp_path: Path, mask: int) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious"
    precious.write_text("precious")
    with umask(mask):
        kept = [_keep(picture(name), 3, out) for name in ("a.jpg", "../../b.jpg", "/c.jpg", "..", "\x1b]0;.jpg")]
        assert [path.name for path in kept] == ["03-a.jpg", "03-b.jpg", "03-c.jpg", "03-file", "03-_]0;.jpg"]
        assert all(path.parent == out and path.read_bytes() == PNG for path in kept)
        kept[0].unlink()
        kept[0].symlink_to(precious)
        _keep(picture("a.jpg"), 3, out)
    assert precious.read_text() == "precious"
    assert not kept[0].is_symlink()
    assert (mode(out), mode(kept[0])) == (0o700, 0o600)
    with pytest.raises(click.BadParameter):
        _keep(picture("a.jpg"), 3, precious)


@pytest.mark.parametrize("name", ["a" * 500, "é" * 500 + ".jpeg", "." * 500, "a." + "b" * 500, "\ud800.png"])
def test_names_have_room_in_a_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / safe_name(name)
    path.touch()
    assert path.parent == tmp_path
    assert len(path.name.encode()) <= 200
