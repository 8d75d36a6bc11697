"""`sokkuri run` (the bot) and `sokkuri sandbox` (a stand-in for Discord on this machine)."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from cli.settings import config_option, load_settings, settings_problems

if TYPE_CHECKING:
    from bot.config import Settings

NO_TOKEN = """\
No Discord token is set, so the bot runs against a sandbox on this machine: nothing leaves it.
To run it on Discord: put the token from https://discord.com/developers/applications into config.toml
([discord] token = "...") or into the environment (SOKKURI_TOKEN), and start again."""


@click.command()
@config_option
def run(config: Path | None) -> None:
    """Run the bot: on Discord with a token, against the sandbox without one. Ctrl-C stops it."""
    settings = load_settings(config)
    if settings.discord.token.get_secret_value():
        from bot import app

        with settings_problems():
            asyncio.run(app.run(settings))
    else:
        click.echo(NO_TOKEN)
        play(settings, Path("demo"), keep_running=True)


@click.command()
@config_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1 [default: any free one].")
@click.option(
    "--demo",
    type=click.Path(file_okay=False, path_type=Path),
    help="Play the sample conversation with the bot, write the replies' pictures here, and end.",
)
def sandbox(config: Path | None, port: int, demo: Path | None) -> None:
    """Serve a stand-in for Discord on 127.0.0.1 until Ctrl-C, for a bot to connect to."""
    if demo is not None:
        play(load_settings(config), demo, keep_running=False)
    else:
        try:
            asyncio.run(serve(port))
        except OSError as error:
            raise click.BadParameter(f"{port}: {error.strerror}", param_hint="--port") from error


async def serve(port: int) -> None:
    """A bare sandbox until SIGINT or SIGTERM. Errors: OSError, the port cannot be had."""
    from bot.sandbox import Sandbox

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Sandbox(port) as sandbox:
        hosts = json.dumps([urlsplit(sandbox.address).hostname])
        click.echo(f"A sandbox stands in for Discord at {sandbox.api} until Ctrl-C. To connect the bot to it:")
        click.echo(
            f"SOKKURI_DISCORD__API={sandbox.api} SOKKURI_DISCORD__CDN_HOSTS='{hosts}' "
            f"SOKKURI_TOKEN={sandbox.token} sokkuri run"
        )
        await stop.wait()


def play(settings: Settings, out: Path, *, keep_running: bool) -> None:
    """The sample conversation, its pictures written to `out`; then the end, or a sandbox that goes on."""
    from bot.sandbox import demo

    with settings_problems():
        asyncio.run(demo.run(settings, out=out, keep_running=keep_running))
