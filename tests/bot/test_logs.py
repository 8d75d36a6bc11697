"""bot.logs: one line a record, for people and for programs, and nothing in it that is nobody's business."""

from __future__ import annotations

import json
import linecache
import logging
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.logs import JsonFormatter, RequestLine, TextFormatter
from core.contracts import NoFace, PersonError, Skipped, TooFewFaces, WorkerLost

SECRETS = ("anna.jpg", "is=abc", "s3cret")
FORMATTERS = (TextFormatter(), JsonFormatter())
QUOTES = "'\"<>()[]{}`\\,;"
NO_SPACE = st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"])
BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def caught(error: BaseException, cause: BaseException | None = None) -> tuple[Any, Any, Any]:
    try:
        raise error from cause
    except type(error) as raised:
        return type(raised), raised, raised.__traceback__


def record(message: str, *arguments: object, error: Any = None, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("bot.requests.jobs", logging.WARNING, __file__, 1, message, arguments, error)
    made.created = 1_790_000_000.25
    for name, value in extra.items():
        setattr(made, name, value)
    return made


def test_a_request_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logs.request(RequestLine("abc234", "similar", 123, "no_face", 1.2346, {"photos": 0.1, "work": 0.9}))
    logs.request(RequestLine("def567", "gradcam, another face", None, "done", 0.5))
    first, second = caplog.records
    assert (
        TextFormatter()
        .format(first)
        .endswith(
            " INFO bot.logs: request id=abc234 command=similar guild=123 outcome=no_face ms=1235 photos_ms=100 "
            "work_ms=900"
        )
    )
    assert (
        TextFormatter().format(second).endswith('request id=def567 command="gradcam, another face" outcome=done ms=500')
    )
    entry = json.loads(JsonFormatter().format(first))
    assert entry.pop("time").endswith("Z")
    assert entry == {
        **{"level": "INFO", "logger": "bot.logs", "message": "request", "id": "abc234", "command": "similar"},
        **{"guild": 123, "outcome": "no_face", "ms": 1235, "photos_ms": 100, "work_ms": 900},
    }
    assert json.loads(JsonFormatter().format(second))["guild"] is None


def test_for_people() -> None:
    assert TextFormatter().format(record("two\nlines, %d%%", 5)) == (
        "2026-09-21T14:13:20.250Z WARNING bot.requests.jobs: two\\nlines, 5%"
    )


@given(
    scheme=st.sampled_from(["http", "https", "ws", "wss"]).flatmap(
        lambda name: st.tuples(*(st.sampled_from([letter, letter.upper()]) for letter in name))
    ),
    before=st.text(),
    quote=st.sampled_from(["", *QUOTES]),
    user=st.sampled_from(["", "s3cret@", "anna:s3cret@"]),
    mark=st.sampled_from("/?#"),
    rest=st.text(st.sampled_from(QUOTES) | NO_SPACE, max_size=20),
    formatter=st.sampled_from(FORMATTERS),
)
def test_nothing_of_an_address_but_its_host_is_written(
    scheme: tuple[str, ...], before: str, quote: str, user: str, mark: str, rest: str, formatter: logging.Formatter
) -> None:
    address = f"{''.join(scheme)}://{user}cdn.example{mark}{rest}s3cret"
    for made in (
        record("%s", f"{before}{quote}{address}{quote} and more"),
        record("failed", error=caught(ValueError(f"{quote}{address}{quote}"))),
    ):
        line = formatter.format(made)
        assert "s3cret" not in line
        assert "://cdn.example/…" in line


def test_what_follows_an_address_is_written() -> None:
    assert logs.redact("GET 'https://a.example/x' in 3 s, then HTTPS://b.example") == (
        "GET 'https://a.example/… in 3 s, then HTTPS://b.example/…"
    )


def has_controls(text: str) -> bool:
    return any(
        unicodedata.category(one) in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(one) in BIDI for one in text
    )


CONTROLS = st.characters(categories=["Cc", "Zl", "Zp", "Cf"])
HOSTILE = st.text(CONTROLS | st.characters(exclude_categories=["Cs"]))


@given(message=HOSTILE, error=HOSTILE, fact=HOSTILE)
def test_no_control_character_is_written(message: str, error: str, fact: str) -> None:
    made = record("%s", message, error=caught(ValueError(error)), facts={"command": fact})
    first, *others = TextFormatter().format(made).split("\n")
    assert all(line.startswith("    ") for line in others), "only an error may take further lines, and they stand apart"
    assert not any(has_controls(line) for line in (first, *others))
    line = JsonFormatter().format(made)
    assert not has_controls(line)
    assert json.loads(line)["command"] == fact


def test_escapes_are_shown() -> None:
    made = record("\x1b[2J\x9b31m\x7f\u202etxt.exe\tend", error=caught(ValueError("one\ntwo\x1b[0m")))
    first, *others = TextFormatter().format(made).split("\n")
    assert first.endswith(r": \u001b[2J\u009b31m\u007f\u202etxt.exe\tend")
    assert others[-2:] == ["    ValueError: one", r"    two\u001b[0m"]


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize(
    "made",
    [
        record("POST %s responded with 429", "https://discord.com/api/v10/webhooks/1/s3cret/messages/@original"),
        record("connecting to 'wss://gateway.discord.gg/?token=s3cret'"),
        record("lost", error=caught(ValueError("https://cdn.discordapp.com/attachments/1/2/anna.jpg?ex=1&is=abc"))),
        record("failed", error=caught(WorkerLost("died"), NoFace("anna.jpg"))),
        record("failed", error=caught(TooFewFaces(0, 2, (Skipped("anna.jpg", "no_face"),)))),
        record("failed", error=caught(ExceptionGroup("several", [NoFace("anna.jpg"), KeyError("x")]))),
        record(
            "Task exception was never retrieved: %r, %r",
            NoFace("anna.jpg"),
            TooFewFaces(0, 2, (Skipped("anna.jpg", "a"),)),
        ),
    ],
)
def test_no_name_no_link_and_no_key_is_written(formatter: logging.Formatter, made: logging.LogRecord) -> None:
    line = formatter.format(made)
    assert not any(secret in line for secret in SECRETS), line
    if "http" in str(made.args):
        assert "https://discord.com/…" in line


def test_an_error_is_told_with_its_causes() -> None:
    made = record("request abc failed", error=caught(WorkerLost("died"), ZeroDivisionError("by nothing")))
    text = TextFormatter().format(made).splitlines()
    assert text[0].endswith("request abc failed")
    assert all(line.startswith("    ") for line in text[1:])
    told = [line.strip() for line in text]
    assert told.index("ZeroDivisionError: by nothing") < told.index("which led to:") < len(told) - 1
    assert told[-1].startswith("WorkerLost: worker_lost(")
    assert "in caught" in "\n".join(told)
    entry = json.loads(JsonFormatter().format(made))
    assert entry["message"] == "request abc failed"
    assert entry["exception"].splitlines()[-1] == told[-1]


def test_errors_that_cause_each_other_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    assert TextFormatter().format(record("odd", error=(ValueError, one, None))).count("ValueError") == 2


def test_every_error_of_a_person_is_its_code_alone() -> None:
    class Unheard(PersonError):
        code = "unheard"

        def __str__(self) -> str:
            return "anna.jpg"

    assert "Unheard: unheard" in TextFormatter().format(record("failed", error=caught(Unheard())))


def test_the_files_that_an_error_came_through_are_not_kept() -> None:
    try:
        json.loads("no JSON")
    except ValueError as error:
        told = TextFormatter().format(record("failed", error=(type(error), error, error.__traceback__)))
    assert "raise JSONDecodeError" in told
    assert json.decoder.__file__ not in linecache.cache
