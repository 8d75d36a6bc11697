"""Telling Discord which commands there are, in every language, and only when that has changed."""

from __future__ import annotations

import logging
from typing import Any

from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.http import Route

from bot.locales import FALLBACK, Languages

log = logging.getLogger(__name__)


class CommandTranslator(app_commands.Translator):
    """Words for names and descriptions of commands and their options: `command-NAME` and its attributes.

    And for an option's choices: `choice-VALUE`.
    """

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    async def translate(
        self, string: app_commands.locale_str, locale: Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        language = self._languages.known(locale.value)
        if language is None or language.code == FALLBACK:  # Discord shows the command's own words then
            return None
        data = context.data
        if isinstance(data, app_commands.Parameter):
            suffix = "-description" if context.location is Location.parameter_description else ""
            return language.text(f"command-{data.command.name}.{data.name}{suffix}")
        if isinstance(data, app_commands.Command):
            suffix = ".description" if context.location is Location.command_description else ""
            return language.text(f"command-{data.name}{suffix}")
        if isinstance(data, app_commands.Choice):
            key = f"choice-{data.value}"
            return language.text(key) if language.has(key) else None  # names of methods are the same everywhere
        return None


async def register(tree: app_commands.CommandTree[Any], translator: CommandTranslator) -> bool:
    """Make Discord know exactly the commands of `tree`; whether anything had to change.

    Asked first, because a change takes a while to reach every device, and may be made only so often a day.
    """
    await tree.set_translator(translator)
    ours = [await command.get_translated_payload(tree, translator) for command in tree.get_commands()]
    application = tree.client.application_id
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    theirs = await tree.client.http.request(route, params={"with_localizations": "true"})
    if _by_name(ours).keys() == _by_name(theirs).keys() and all(
        covers(_by_name(theirs)[name], command) for name, command in _by_name(ours).items()
    ):
        return False
    await tree.sync()
    log.info("registered the commands %s", ", ".join(command["name"] for command in ours))
    return True


def covers(theirs: Any, ours: Any) -> bool:
    """Whether what Discord holds is what we would send: it fills in defaults and leaves out what is empty."""
    if ours is None:  # left to Discord
        return True
    if isinstance(ours, dict) and isinstance(theirs, dict):
        # `dm_permission` is the old word for what `contexts` says.
        return all(covers(theirs.get(key), value) for key, value in ours.items() if key != "dm_permission")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return all(covers(*pair) for pair in zip(theirs, ours, strict=True)) or sorted(map(str, theirs)) == sorted(
            map(str, ours)
        )
    return bool(theirs == ours or (not ours and not theirs))


def _by_name(commands: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {command["name"]: command for command in commands}
