"""Text of others does nothing to the terminal."""

from __future__ import annotations

import json
import shutil
import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from program import Run

from words.markup import printable, printable_lines

NASTY = "\x1b[2J\x1b]0;title\x07\x9b31m\x7f\u202eback\u2066\r\b"


def test_what_a_terminal_would_act_on_is_written_out() -> None:
    assert printable("a\x1b[2Jb\x9b\x7f\u202e\ud800\n") == r"a\x1b[2Jb\x9b\x7f\u202e\ud800\n"
    assert printable_lines("one\r\ntwo\u2028") == "one\\r\ntwo\\u2028"
    plain = "そっくり　é 👩\u200d👩\u200d👧 50 %"
    assert printable(plain) == plain


@given(st.text(st.characters()))
def test_nothing_but_text_is_sent(text: str) -> None:
    sent = printable(text)
    sent.encode()
    assert not [one for one in sent if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")]


def test_a_replayed_recording_sends_nothing_but_text(sokkuri: Run, tmp_path: Path) -> None:
    here = {"locale": "en-US", "in": "general"}
    lines = [
        {"conversation": 1},
        {"id": 1, "do": "post", "who": NASTY, **here, "content": f"content {NASTY}", "files": []},
        {"id": 2, "do": "open_thread", "who": "Kei", **here, "name": f"thread {NASTY}"},
        {"id": 3, "do": "slash", "who": "Kei", **here, "command": f"none {NASTY}", "options": {NASTY: NASTY}},
        {"id": 4, "do": "slash", "who": "Kei", **here, "in": f"thread {NASTY}", "command": "average", "options": {}},
        {"id": 5, "do": "conditions", "conditions": {}, "in": "x", "files": [{}], "options": {"a": {}}},
        {"id": 6, "do": f"dance {NASTY}", "who": "Kei", **here},
    ]
    file = tmp_path / "talk.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    done = sokkuri("sandbox", "--replay", file, env={"SOKKURI_LOG_LEVEL": "ERROR"})
    assert done.returncode == 2
    assert "content \\x1b[2J" in done.stdout
    assert "!!" in done.stdout
    assert "line 6 cannot be done" in done.stderr
    for sent in (done.stdout, done.stderr):
        assert not [one for one in sent if unicodedata.category(one) in ("Cc", "Cf") and one != "\n"]


def test_photos_and_groups_of_any_name_send_nothing_but_text(
    loaded_sokkuri: Run, sample_faces: Path, tmp_path: Path
) -> None:
    folder = tmp_path / f"folder {NASTY}"
    folder.mkdir()
    shutil.copy(sample_faces / "person_a_1.jpg", face := folder / f"face {NASTY}.jpg")
    shutil.copy(sample_faces / "person_b_1.jpg", folder / "other.jpg")
    (broken := folder / f"letter {NASTY}.jpg").write_text("Dear reader")
    (pairs := tmp_path / "pairs.csv").write_text(
        "a,b,same,g\n" + f'"{face}","{folder}/other.jpg",0,"{NASTY}"\n' + f'"{face}","{face}",1,"{NASTY}"\n',
        encoding="utf-8",
        newline="",
    )
    commands: list[tuple[str | Path, ...]] = [
        ("similar", broken, face),
        ("similar", tmp_path / f"nowhere {NASTY}", face),
        ("lookalikes", folder),
        ("average", folder, "--shape", "align"),
        ("evaluate", pairs, "--by", "g"),
        ("evaluate", pairs, "--by", NASTY),
    ]
    for command in commands:
        done = loaded_sokkuri(*command)
        text = done.stdout + done.stderr
        assert r"\x1b" in text
        assert not [one for one in text if unicodedata.category(one) in ("Cc", "Cf") and one != "\n"], command
