"""`sokkuri run` (the bot) and `sokkuri sandbox` (a stand-in for Discord on this machine, with a page to try it)."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.browser import Redirect, has_desktop
from cli.settings import config_option, load_settings, settings_problems
from words.markup import printable, printable_lines

if TYPE_CHECKING:
    from bot.config import Settings
    from sandbox import Attachment, Sandbox
    from sandbox.conversations.player import Done

NO_TOKEN = """\
No Discord token is set, so the bot runs against a sandbox on this machine: nothing leaves it.
To run it on Discord: put the token from https://discord.com/developers/applications into config.toml
([discord] token = "...") or into the environment (SOKKURI_TOKEN), and start again."""

MOST_OF_AN_ERROR = 300

file_type = click.Path(dir_okay=False, path_type=Path)


@click.command()
@config_option
def run(config: Path | None) -> None:
    """Run the bot: on Discord with a token, in the sandbox without one. Ctrl-C stops it.

    On SIGHUP it reloads its limits and languages.
    """
    settings = load_settings(config)
    if settings.discord.token.get_secret_value():
        from bot import app
        from bot.config import load

        with settings_problems():
            asyncio.run(app.run(settings, lambda: load(config)))
    else:
        click.echo(NO_TOKEN)
        stay(settings)


@click.command()
@config_option
def worker(config: Path | None) -> None:
    """Be a worker of the Dask cluster that the settings name, for bots elsewhere. Ctrl-C stops it."""
    settings = load_settings(config)
    with settings_problems():
        from bot.workers import dask

        dask.load()
        from bot.workers.dask_worker import serve

        asyncio.run(serve(settings))


@click.command()
@config_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1 [default: any free one].")
@click.option("--bare", is_flag=True, help="Without Sokkuri in it: for a bot that you connect yourself.")
@click.option("--record", type=file_type, help="Write down here what you do, photos included, to be replayed.")
@click.option("--replay", type=file_type, help="Do again what was recorded here, print what happens, and end.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="With --replay: keep the replies' pictures here."
)
def sandbox(
    config: Path | None, port: int, *, bare: bool, record: Path | None, replay: Path | None, out: Path | None
) -> None:
    """A stand-in for Discord on 127.0.0.1, to try the bot in a browser, until Ctrl-C."""
    if sum((bare, record is not None, replay is not None)) > 1:
        raise click.UsageError("--bare, --record and --replay go one at a time")
    if out is not None and replay is None:
        raise click.UsageError("--out goes with --replay")
    if replay is not None:
        play(load_settings(config), replay, out)
    elif bare:
        with os_problems(port):
            asyncio.run(serve(port))
    else:
        stay(load_settings(config), port, record)


@contextmanager
def os_problems(port: int) -> Iterator[None]:
    """Report an unavailable port or file as wrong usage."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise click.BadParameter(f"{error.filename}: {error.strerror}", param_hint="--record") from error
        raise click.BadParameter(f"{port}: {error.strerror}", param_hint="--port") from error


def stay(settings: Settings, port: int = 0, record: Path | None = None) -> None:
    """Run the bot in the sandbox, with its page, until SIGINT or SIGTERM."""
    from sandbox import samples, together

    if record is not None and record.exists():
        raise click.BadParameter(f"{record} exists already; name another file", param_hint="--record")

    def opened(sandbox: Sandbox) -> None:
        click.echo(f"\nTry it in your browser: {sandbox.page}")
        click.echo(
            "(The address is good once, for one browser. Each further one gets an address of its own, printed here.)"
        )
        sandbox.when_page_opens(lambda: print_next_address(sandbox))
        click.echo(f"Photos to try it with, beside your own: {samples.FACES}")
        if record is not None:
            click.echo(f"All that you do there is written to {record}, with your photos beside it, until you stop.")
        click.echo("Ctrl-C stops it.")
        if has_desktop(os.environ, sys.platform) and sys.stdout.isatty():
            open_browser(sandbox, cleanup)

    with settings_problems(), os_problems(port), ExitStack() as cleanup:
        asyncio.run(together.stay(settings, port=port, record=record, opened=opened))


def print_next_address(sandbox: Sandbox) -> None:
    click.echo(f"The page is open. For another browser: {sandbox.page}")


def open_browser(sandbox: Sandbox, cleanup: ExitStack) -> None:
    """Open the page. The file for that is removed once the page is open, or by `cleanup`."""
    try:
        redirect = Redirect(sandbox.page)
    except OSError:
        return  # the address has been printed
    cleanup.callback(redirect.remove)
    sandbox.when_page_opens(redirect.remove)
    redirect.open()


async def serve(port: int) -> None:
    """Run a sandbox without a bot, until SIGINT or SIGTERM. Raises OSError: the port is unavailable."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with bare(port):
        await stop.wait()


@asynccontextmanager
async def bare(port: int) -> AsyncIterator[Sandbox]:
    """Run a sandbox without a bot, with the sample content, and print how a bot connects to it.

    Raises OSError: the port is unavailable.
    """
    from sandbox import Sandbox, samples
    from sandbox.gateway import PRIVILEGED_INTENTS

    async with Sandbox(port, privileged=PRIVILEGED_INTENTS) as sandbox:
        await samples.fill(sandbox)
        hosts = json.dumps([sandbox.cdn.host])
        click.echo(f"A sandbox stands in for Discord at {sandbox.api} until Ctrl-C. To connect the bot to it:")
        click.echo(
            f"SOKKURI_DISCORD__API={sandbox.api} SOKKURI_DISCORD__CDN={sandbox.cdn.root} "
            f"SOKKURI_DISCORD__CDN_HOSTS='{hosts}' "
            f"SOKKURI_TOKEN={sandbox.token} sokkuri run"
        )
        click.echo("To connect a bot of your own (docs/sandbox.md shows where each library takes these addresses):")
        click.echo(
            f"DISCORD_API={sandbox.api} DISCORD_GATEWAY={sandbox.gateway.url} DISCORD_CDN={sandbox.cdn.root} "
            f"DISCORD_TOKEN={sandbox.token} YOUR-BOT"
        )
        click.echo(f"Its page: {sandbox.page}")
        sandbox.when_page_opens(lambda: print_next_address(sandbox))
        yield sandbox


def play(settings: Settings, file: Path, out: Path | None) -> None:
    """Play a recorded conversation, from its first line to its last. Pictures of the replies go to `out`.

    It may come from anybody, so everything that is printed of it, and of the replies, is safe for the terminal.
    """
    from sandbox import together
    from sandbox.conversations import Unplayable

    try:
        with settings_problems():
            asyncio.run(together.play(settings, file, lambda done: _show(done, out)))
    except Unplayable as error:
        raise click.BadParameter(printable(str(error)[:MOST_OF_AN_ERROR]), param_hint="--replay") from error


def _show(done: Done, out: Path | None) -> None:
    line, answer = done.line, done.answer
    click.echo("\n" + printable(" ".join([f"{line['id']:>3}", *_heading(line)])))
    if done.failure is not None:
        click.echo(printable(f"    !! {done.failure}"))
    if answer is not None:
        channels = answer.channel.guild.channels if answer.channel.guild else {}
        places = {str(id_): channel.name for id_, channel in channels.items()}
        named = re.sub(r"<#(\d+)>", lambda found: f"#{places.get(found[1], found[1])}", answer.text)
        click.echo(textwrap.indent(printable_lines(named), "    "))
        for file in answer.files:
            click.echo(printable(f"    -> {_keep(file, line['id'], out) if out else file.filename}"))


def _heading(line: Mapping[str, Any]) -> Iterator[str]:
    """Who did what where, in the style of a chat."""
    yield f"#{line['in']}  {line.get('who', '')}:" if "in" in line else "   "
    yield f"/{line['command']}" if line["do"] == "slash" else " ".join([line["do"], line.get("command", "")]).strip()
    for name, value in line.get("options", {}).items():
        yield f"{name}:{value.get('name') or next(iter(value.values()), '') if isinstance(value, dict) else value}"
    for name in ("content", "name", "message", "component", "values", "person", "texts", "conditions"):
        if line.get(name):
            yield str(line[name])
    yield from (file.get("name") or file.get("file", "") for file in line.get("files", ()))


def _keep(file: Attachment, number: int, out: Path) -> Path:
    """Write a file, readable for nobody else, into `out`, which is made with the same rights."""
    from sandbox.files import safe_name, write_private

    path = out / f"{number:02}-{safe_name(file.filename)}"
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, file.data)
    except OSError as error:
        raise click.BadParameter(f"{error.filename}: {error.strerror}", param_hint="--out") from error
    return path
