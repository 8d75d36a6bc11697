"""Reloads settings and languages while the bot runs, on SIGHUP."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel

from bot.config import ReloadableSection, Settings
from bot.errors import ConfigError
from bot.messages.markup import DISCORD
from words import locales
from words.locales import LanguageFileError, Languages

log = logging.getLogger(__name__)


@asynccontextmanager
async def on_hangup(
    settings: Settings, languages: Languages, read: Callable[[], Settings], on_change: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """During the block, SIGHUP updates `settings` from `read` and `languages` from the files, then calls `on_change`.

    A closed terminal sends SIGHUP, too: then the program ends, as on SIGTERM.
    """
    requested, in_terminal = asyncio.Event(), os.isatty(0)

    def on_signal() -> None:
        if in_terminal and not os.isatty(0):
            signal.raise_signal(signal.SIGTERM)
        else:
            requested.set()

    async def reload_on_signal() -> None:
        while await requested.wait():
            requested.clear()
            try:
                if await asyncio.to_thread(apply, settings, languages, read):
                    await on_change()
            except Exception:  # the next SIGHUP must still work
                log.exception("the settings could not be applied")

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, on_signal)
    listening = asyncio.create_task(reload_on_signal())
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def apply(settings: Settings, languages: Languages, read: Callable[[], Settings]) -> bool:
    """Update both to what is written now, as far as they may change; False if that is invalid: nothing changes then.

    The log says which settings have changed, and never their values.
    """
    try:
        new = read()
        words = locales_of(settings)
    except ConfigError as error:
        log.error("the settings are not applied, and nothing changes: %s", error)
        return False
    changed, fixed = list(_differing(settings, new, fixed=False)), list(_differing(settings, new, fixed=True))
    for name in type(settings).model_fields:
        section = getattr(settings, name)
        if isinstance(section, ReloadableSection):
            section.update(getattr(new, name))
    languages.update(words)
    log.info("languages and limits reloaded; changed: %s", ", ".join(changed) or "no setting")
    if fixed:
        log.warning("changed too, but applied only at a restart: %s", ", ".join(fixed))
    return True


def locales_of(settings: Settings) -> Languages:
    """Load the languages. Raises ConfigError: their folder does not exist, or contains an invalid file."""
    folder = Path(settings.locales_folder) if settings.locales_folder else None
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"locales_folder: there is no folder {folder}")
    try:
        return locales.load(folder, DISCORD)
    except LanguageFileError as error:
        raise ConfigError(f"locales_folder: {error}") from None


def _differing(old: BaseModel, new: BaseModel, *, fixed: bool, place: str = "") -> Iterator[str]:
    """Names of the settings that differ: those that are `fixed` until a restart, or those that can change."""
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, BaseModel) and type(before).model_config.get("extra") != "allow":
            yield from _differing(before, after, fixed=fixed, place=f"{place}{name}.")
        elif before != after:
            changing = isinstance(old, ReloadableSection) and name not in old.AT_START
            if changing != fixed:
                yield place + name
