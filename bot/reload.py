"""Settings and languages read anew while the bot runs, on SIGHUP."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel

from bot.config import ChangingSection, Settings
from bot.errors import ConfigError
from bot.messages.markup import DISCORD
from words import locales
from words.locales import LanguageFileError, Languages

log = logging.getLogger(__name__)


@asynccontextmanager
async def on_hangup(
    settings: Settings, languages: Languages, read: Callable[[], Settings], renewed: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """For the time of the block, SIGHUP makes `settings` and `languages` what `read` and the files say; then `renewed`.

    A closed terminal sends SIGHUP too: then the program is to end, as by SIGTERM.
    """
    told, in_terminal = asyncio.Event(), os.isatty(0)

    def hear() -> None:
        if in_terminal and not os.isatty(0):
            signal.raise_signal(signal.SIGTERM)
        else:
            told.set()

    async def listen() -> None:
        while await told.wait():
            told.clear()
            try:
                if await asyncio.to_thread(take_over, settings, languages, read):
                    await renewed()
            except Exception:  # the next SIGHUP is to be heard all the same
                log.exception("the settings could not be taken over")

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hear)
    listening = asyncio.create_task(listen())
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def take_over(settings: Settings, languages: Languages, read: Callable[[], Settings]) -> bool:
    """Make both what is written now, as far as they may change; False where that is wrong, and all stays as it was.

    The log is told which settings have changed, and never their values.
    """
    try:
        new = read()
        words = locales_of(settings)
    except ConfigError as error:
        log.error("the settings are not taken over, all stays as it was: %s", error)
        return False
    changed, fixed = list(_differing(settings, new, fixed=False)), list(_differing(settings, new, fixed=True))
    for name in type(settings).model_fields:
        section = getattr(settings, name)
        if isinstance(section, ChangingSection):
            section.become(getattr(new, name))
    languages.become(words)
    log.info("languages and limits read anew; changed: %s", ", ".join(changed) or "no setting")
    if fixed:
        log.warning("changed too, but taken over at a start alone: %s", ", ".join(fixed))
    return True


def locales_of(settings: Settings) -> Languages:
    """Raises ConfigError: the folder of languages is not there, or holds a file that is none."""
    folder = Path(settings.locales_folder) if settings.locales_folder else None
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"locales_folder: there is no folder {folder}")
    try:
        return locales.load(folder, DISCORD)
    except LanguageFileError as error:
        raise ConfigError(f"locales_folder: {error}") from None


def _differing(old: BaseModel, new: BaseModel, *, fixed: bool, place: str = "") -> Iterator[str]:
    """Names of the settings that differ, of those that can change in a running bot or of the others."""
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, BaseModel) and type(before).model_config.get("extra") != "allow":
            yield from _differing(before, after, fixed=fixed, place=f"{place}{name}.")
        elif before != after:
            changing = isinstance(old, ChangingSection) and name not in old.AT_START
            if changing != fixed:
                yield place + name
