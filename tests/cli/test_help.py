"""The help of every command is whole, however narrow the terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import click
import pytest
from program import PROGRAM, environment

from cli.main import main


def contexts(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from contexts(inner, click.Context(inner, parent=context, info_name=name, **inner.context_settings))


ALL = list(contexts(main, click.Context(main, info_name="sokkuri", **main.context_settings)))


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("context", ALL, ids=lambda context: context.command_path)
def test_no_line_of_help_is_cut_or_wider_than_the_terminal(context: click.Context, width: int) -> None:
    context.terminal_width = width
    usage, _, text = context.command.get_help(context).partition("\n\n")
    assert max(map(len, [*usage.splitlines(), *text.splitlines()])) <= width
    assert "..." not in text


@pytest.mark.parametrize("context", [one for one in ALL if isinstance(one.command, click.Group)])
def test_a_group_says_of_each_command_its_first_sentence(context: click.Context) -> None:
    assert isinstance(context.command, click.Group)
    context.terminal_width = 60
    shown = " ".join(context.command.get_help(context).split())
    for name, command in context.command.commands.items():
        paragraph = " ".join((command.help or "").split("\n\n")[0].split())
        first, end, _ = paragraph.partition(". ")
        assert f"{name} {first.removesuffix('.')}" in shown, end


def test_the_program_says_so_itself() -> None:
    done = subprocess.run(
        [PROGRAM, "--help"], env=environment(COLUMNS="60"), capture_output=True, text=True, check=True, timeout=60
    )
    assert "sokkuri completion --help" in " ".join(done.stdout.split())
    assert "..." not in done.stdout.partition("\n\n")[2]
    assert max(map(len, done.stdout.splitlines())) <= 60
