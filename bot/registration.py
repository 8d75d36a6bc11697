"""Registers the commands with Discord, in every language, and only when they have changed."""

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
"""Keys that discord.py leaves out if a command does not use them, so that Discord must not have them either."""

log = logging.getLogger(__name__)


class CommandTranslator(app_commands.Translator):
    """Translates names and descriptions of commands and their options: `command-NAME` and its attributes.

    A string may name its message (`locale_str(..., key=...)`), as those of context menus and choices do. A choice that
    names none has the same name in every language.
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
    """Names of commands that Discord lacks, has in another version, and has though they no longer exist."""

    missing: tuple[str, ...]
    outdated: tuple[str, ...]
    superfluous: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.outdated or self.superfluous)


async def register(
    tree: app_commands.CommandTree[Any], translator: CommandTranslator, *, change: bool = True
) -> Mapping[str, int]:
    """Register exactly the commands of `tree`, and return the ids of the slash commands by their names.

    It compares first, because a change takes a while to reach every device, and the number of changes a day is limited.
    Several processes may do this at once: each sends all commands, and a known command keeps its id. `change` False:
    only return the ids, and leave changes to another process.
    """
    await tree.set_translator(translator)
    application = tree.client.application_id
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    theirs = await tree.client.http.request(route, params={"with_localizations": "true"})
    differs = difference(theirs, await payloads(tree, translator))
    if differs and not change:
        log.info("Discord has other commands registered; the process with shard 0 changes them")
    if not (differs and change):
        return {one["name"]: int(one["id"]) for one in theirs if _kind(one) == AppCommandType.chat_input.value}
    commands = await tree.sync()
    log.info("registered the commands %s", ", ".join(command.name for command in commands))
    return {command.name: command.id for command in commands if command.type is AppCommandType.chat_input}


async def payloads(tree: app_commands.CommandTree[Any], translator: CommandTranslator) -> list[dict[str, Any]]:
    """All commands of `tree` in the form that Discord receives."""
    return [
        await command.get_translated_payload(tree, translator)
        for kind in AppCommandType
        for command in tree.get_commands(type=kind)
    ]


def difference(theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]) -> Difference:
    """Compare `ours`, as we would send them, with `theirs`, as Discord returned them.

    Kind and name identify a command: a message command may have the name of a slash command.
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
    """Whether what Discord has is what we would send: it fills in defaults and leaves out what is empty."""
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
