"""A sample conversation: the real bot in the sandbox, all its commands, on faces of nobody."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from bot import app
from bot.config import ConfigError, Settings
from bot.sandbox.commands import Value
from bot.sandbox.invocation import Invocation
from bot.sandbox.server import Sandbox
from bot.sandbox.state import Channel, File, Message

FACES = Path(__file__).resolve().parents[2] / "tests" / "faces"
PATIENCE = 180.0
"""Seconds for an answer: the first heatmap of all waits until torch is loaded, on a small machine for a while."""


async def run(settings: Settings, out: Path, *, keep_running: bool, faces: Path = FACES) -> None:
    """Play the conversation and write the replies' pictures to `out`, one a command; then stop, or stay until told.

    Raises ConfigError when the sample faces are not there, and what `bot.app.run` raises.
    """
    photos = _photos(faces)
    async with Sandbox() as sandbox:
        bot = asyncio.create_task(app.run(_settings_for(sandbox, settings)))
        talk = asyncio.create_task(_converse(sandbox, photos, out))
        try:
            await asyncio.wait({bot, talk}, return_when=asyncio.FIRST_COMPLETED)
            if bot.done():  # it could not start, or was told to stop
                return bot.result()
            talk.result()
            if keep_running:
                print(f"The bot stays connected to the sandbox at {sandbox.address} until Ctrl-C.")
                await bot
        finally:
            for task in (talk, bot):
                task.cancel()
            await asyncio.gather(talk, bot, return_exceptions=True)
    return None


def _settings_for(sandbox: Sandbox, settings: Settings) -> Settings:
    discord = settings.discord.model_copy(
        update={"token": SecretStr(sandbox.token), "api": sandbox.api, "cdn_hosts": ("127.0.0.1",)}
    )
    return settings.model_copy(update={"discord": discord})


def _photos(faces: Path) -> list[File]:
    photos = [File.read(path) for path in sorted(faces.glob("*.jpg"))]
    if not photos:
        raise ConfigError(f"there are no sample faces at {faces}: the demo runs from a checkout of the project")
    return photos


async def _converse(sandbox: Sandbox, photos: list[File], out: Path) -> None:
    await sandbox.wait_ready()
    thread = await sandbox.open_thread(sandbox.channel("general"), "faces")
    for start in range(0, len(photos), 4):
        await sandbox.post(thread, files=photos[start : start + 4])
    photo = {file.name.removesuffix(".jpg"): file for file in photos}
    asked: tuple[tuple[str, Mapping[str, Value]], ...] = (
        ("similar", {"photo1": photo["person_c_1"], "photo2": photo["person_f_1"]}),
        ("gradcam", {"photo": photo["person_b_2"]}),
        ("lookalikes", {}),
        ("average", {}),
    )
    for command, options in asked:
        invocation = await sandbox.slash(command, options, channel=thread)
        answer = await invocation.answered(PATIENCE)
        _show(invocation, options, thread, answer, _keep(answer, out, command))


def _keep(answer: Message, out: Path, command: str) -> list[Path]:
    """Write the reply's pictures down."""
    out.mkdir(parents=True, exist_ok=True)
    kept = []
    for file in answer.files:
        path = out / f"{command}{Path(file.filename).suffix}"
        path.write_bytes(file.data)
        kept.append(path)
    return kept


def _show(
    invocation: Invocation, options: Mapping[str, Value], thread: Channel, answer: Message, kept: list[Path]
) -> None:
    given = "".join(f" {name}:{value.name}" for name, value in options.items() if isinstance(value, File))
    print(f"\n#{thread.name}  {invocation.user.name}: /{invocation.name}{given}")
    print(textwrap.indent(answer.content.replace(f"<#{thread.id}>", f"#{thread.name}"), "    "))
    for path in kept:
        print(f"    -> {path}")
