"""Telling Discord which commands there are, in every language, and only when that has changed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discord import AppCommandType, Locale, app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.http import Route

from words.locales import FALLBACK, Languages

LEFT_OUT = frozenset(
    {"options", "choices", "channel_types", "autocomplete", "min_value", "max_value", "min_length", "max_length"}
)
"""What discord.py does not send where it is not used, so that there must be none then."""

log = logging.getLogger(__name__)


class CommandTranslator(app_commands.Translator):
    """Words for names and descriptions of commands and their options: `command-NAME` and its attributes.

    A string that names its message itself (`locale_str(..., key=...)`), as those of context menus and choices do, has
    that one. A choice that names none is called the same in every language.
    """

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    async def translate(
        self, string: app_commands.locale_str, locale: Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        language = self._languages.known(locale.value)
        if language is None or language.code == FALLBACK:  # Discord shows the command's own words then
            return None
        if "key" in string.extras:
            return language.text(string.extras["key"])
        data = context.data
        if isinstance(data, app_commands.Parameter):
            suffix = "-description" if context.location is Location.parameter_description else ""
            return language.text(f"command-{data.command.name}.{data.name}{suffix}")
        if isinstance(data, app_commands.Command):
            suffix = ".description" if context.location is Location.command_description else ""
            return language.text(f"command-{data.name}{suffix}")
        return None


@dataclass(frozen=True)
class Difference:
    """Names of commands that Discord does not know, knows otherwise, and knows though they are no more."""

    missing: tuple[str, ...]
    outdated: tuple[str, ...]
    superfluous: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.outdated or self.superfluous)


async def register(
    tree: app_commands.CommandTree[Any], translator: CommandTranslator, *, change: bool = True
) -> Mapping[str, int]:
    """Make Discord know exactly the commands of `tree`; the ids of those that are typed, by their names.

    Asked first, because a change takes a while to reach every device, and may be made only so often a day. Several
    processes may do this at once: each tells all commands, and one that is known keeps its id. `change`: without it,
    what Discord knows is left to another process.
    """
    await tree.set_translator(translator)
    application = tree.client.application_id
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    theirs = await tree.client.http.request(route, params={"with_localizations": "true"})
    differs = difference(theirs, await payloads(tree, translator))
    if differs and not change:
        log.info("the commands that Discord knows are not these; they are left to the process with shard 0")
    if not (differs and change):
        return {one["name"]: int(one["id"]) for one in theirs if _kind(one) == AppCommandType.chat_input.value}
    commands = await tree.sync()
    log.info("registered the commands %s", ", ".join(command.name for command in commands))
    return {command.name: command.id for command in commands if command.type is AppCommandType.chat_input}


async def payloads(tree: app_commands.CommandTree[Any], translator: CommandTranslator) -> list[dict[str, Any]]:
    """All commands of `tree` as Discord is told them."""
    return [
        await command.get_translated_payload(tree, translator)
        for kind in AppCommandType
        for command in tree.get_commands(type=kind)
    ]


def difference(theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]) -> Difference:
    """What of `ours`, as we would send them, is not in `theirs`, as Discord answers them, and the other way round.

    A command is known by its kind and name: a message command may be called as a slash command is.
    """
    known = {(_kind(one), one["name"]): one for one in theirs}
    wanted = {(_kind(one), one["name"]): one for one in ours}
    return Difference(
        missing=tuple(name for kind, name in wanted if (kind, name) not in known),
        outdated=tuple(key[1] for key, one in wanted.items() if key in known and not covers(known[key], one)),
        superfluous=tuple(name for kind, name in known if (kind, name) not in wanted),
    )


def _kind(command: Mapping[str, Any]) -> int:
    return int(command.get("type") or AppCommandType.chat_input.value)


def covers(theirs: Any, ours: Any) -> bool:
    """Whether what Discord holds is what we would send: it fills in defaults and leaves out what is empty."""
    if ours is None:  # left to Discord
        return True
    if isinstance(ours, dict) and isinstance(theirs, dict):
        # `dm_permission` is the old word for what `contexts` says.
        return all(
            (theirs.get(key) or {}) == value if key.endswith("_localizations") else covers(theirs.get(key), value)
            for key, value in ours.items()
            if key != "dm_permission"
        ) and not any(theirs.get(key) for key in LEFT_OUT - ours.keys())
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return all(covers(*pair) for pair in zip(theirs, ours, strict=True)) or sorted(map(str, theirs)) == sorted(
            map(str, ours)
        )
    return bool(theirs == ours or (not ours and not theirs))
