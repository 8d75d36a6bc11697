"""Application commands: which may be registered, and how a person may fill them in.

https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import discord

from sandbox.refused import Form
from sandbox.state import Channel, File, Json, Role, User

Path = tuple[str | int, ...]

LOCALES = frozenset(locale.value for locale in discord.Locale)
COMMAND_LENGTH = 8000
MOST_OF_KIND = {1: 100, 2: 15, 3: 15}


class Kind(IntEnum):
    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class Option(IntEnum):
    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


GROUPS = (Option.SUB_COMMAND, Option.SUB_COMMAND_GROUP)
_TEXT_AND_NUMBERS: Mapping[Option, tuple[type, ...]] = {
    Option.STRING: (str,),
    Option.INTEGER: (int,),
    Option.NUMBER: (int, float),
}
_THINGS: Mapping[Option, tuple[type, ...]] = {
    Option.USER: (User,),
    Option.CHANNEL: (Channel,),
    Option.ROLE: (Role,),
    Option.MENTIONABLE: (User, Role),
    Option.ATTACHMENT: (File,),
}


# ---------------------------------------------------------------- registering


def check_commands(commands: list[Json]) -> None:
    """Checks a whole set, as it is registered in bulk. Raises Refused (50035), with each mistake under the index of its
    command.
    """
    form = Form()
    names: set[tuple[object, object]] = set()
    for index, command in enumerate(commands):
        _check_command(form, (index,), command)
        key = (command.get("type", Kind.CHAT_INPUT), command.get("name"))
        if key in names:
            form.wrong((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        names.add(key)
    for kind, most in MOST_OF_KIND.items():
        if sum(command.get("type", Kind.CHAT_INPUT) == kind for command in commands) > most:
            form.wrong((), "APPLICATION_COMMANDS_MAX", f"Maximum number of application commands reached ({most})")
    form.refuse_if_wrong()


def check_command(command: Json) -> None:
    form = Form()
    _check_command(form, (), command)
    form.refuse_if_wrong()


def _check_command(form: Form, at: Path, command: Json) -> None:
    kind = command.get("type", Kind.CHAT_INPUT)
    if not form.choice((*at, "type"), kind, tuple(Kind)):
        return
    if kind == Kind.CHAT_INPUT:
        _check_names(form, at, command)
        _check_options(form, at, command.get("options") or [])
        if _length(command) > COMMAND_LENGTH:
            form.wrong(at, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({COMMAND_LENGTH})")
        return
    form.length((*at, "name"), command.get("name"), 1, 32)
    if command.get("description"):
        form.wrong((*at, "description"), "APPLICATION_COMMAND_CONTEXT_MENU", "Context menu commands have none")
    if command.get("options"):
        form.wrong((*at, "options"), "APPLICATION_COMMAND_CONTEXT_MENU", "Context menu commands have none")


def _check_names(form: Form, at: Path, thing: Json) -> None:
    """Checks the name and description of a command or option, in every language."""
    for path, name in [((*at, "name"), thing.get("name")), *_localized(form, at, thing, "name")]:
        form.length(path, name, 1, 32)
        if isinstance(name, str) and not is_name(name):
            form.wrong(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    for path, text in [((*at, "description"), thing.get("description")), *_localized(form, at, thing, "description")]:
        form.length(path, text, 1, 100)


def _localized(form: Form, at: Path, thing: Json, key: str) -> list[tuple[Path, object]]:
    found: list[tuple[Path, object]] = []
    for locale, text in (thing.get(f"{key}_localizations") or {}).items():
        path = (*at, f"{key}_localizations", locale)
        if locale not in LOCALES:
            form.wrong(path, "BASE_TYPE_CHOICES", f"{locale} is not one of Discord's locales")
        found.append((path, text))
    return found


def is_name(name: str) -> bool:
    r"""Whether `name` matches Discord's `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, in lower case."""
    return name == name.lower() and all(
        letter in "-_'"
        or unicodedata.category(letter)[0] in "LN"
        or unicodedata.name(letter, "").startswith(("DEVANAGARI", "THAI"))
        for letter in name
    )


def _check_options(form: Form, at: Path, options: list[Json]) -> None:
    if len(options) > 25:
        form.wrong((*at, "options"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names: set[object] = set()
    optional_before = False
    for index, option in enumerate(options):
        here = (*at, "options", index)
        _check_names(form, here, option)
        if not form.choice((*here, "type"), option.get("type"), tuple(Option)):
            continue
        if option.get("name") in names:
            form.wrong(here, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
        names.add(option.get("name"))
        if option.get("required") and optional_before:
            message = "Required options must be placed before non-required options"
            form.wrong(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_before = optional_before or not option.get("required")
        if option["type"] in GROUPS:
            _check_options(form, here, option.get("options") or [])
        _check_choices(form, here, option)


def _check_choices(form: Form, at: Path, option: Json) -> None:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        message = "Autocomplete options cannot have choices"
        form.wrong((*at, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", message)
    if len(choices) > 25:
        form.wrong((*at, "choices"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        here = (*at, "choices", index)
        for path, name in [((*here, "name"), choice.get("name")), *_localized(form, here, choice, "name")]:
            form.length(path, name, 1, 100)


def _length(thing: Json) -> int:
    """Counts the characters that make up a command's size: names, descriptions and the values of choices.

    Discord counts the longest localization of each text, where it is longer than the default.
    """
    total = sum(len(str(choice.get("value", ""))) for choice in thing.get("choices") or ())
    for key in ("name", "description"):
        texts = [thing.get(key) or "", *(thing.get(f"{key}_localizations") or {}).values()]
        total += max(map(len, texts))
    return total + sum(map(_length, thing.get("options") or ()))


# ---------------------------------------------------------------- filling in


Value = str | int | float | bool | File | User | Channel | Role


class CannotInvoke(ValueError):
    """Discord's own client would not let a person do this."""


@dataclass
class Filled:
    """A command as a person filled it in: Discord's `options`, and the objects that they refer to.

    `files`: each with its entry in `options`, whose value is set to the file's id once the file is stored.
    """

    options: list[Json] = field(default_factory=list)
    files: list[tuple[Json, File]] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)

    def add(self, entry: Json, thing: File | User | Channel | Role) -> None:
        match thing:
            case File():
                self.files.append((entry, thing))
            case User():
                self.users.append(thing)
            case Channel():
                self.channels.append(thing)
            case Role():
                self.roles.append(thing)


def fill(command: Json, path: list[str], values: Mapping[str, Value], *, typing: str | None = None) -> Filled:
    """Fills in `command` (subcommands: `path`) according to its registered definition. Raises CannotInvoke.

    `typing`: for autocomplete, the option that has the focus; no option is required then.
    """
    filled = Filled()
    definitions: list[Json] = command.get("options") or []
    target = filled.options
    for name in path:
        step = next((one for one in definitions if one["name"] == name and one["type"] in GROUPS), None)
        if step is None:
            raise CannotInvoke(f"/{command['name']} has no subcommand {name!r}")
        inner: list[Json] = []
        target.append({"name": name, "type": step["type"], "options": inner})
        target, definitions = inner, step.get("options") or []
    if any(one["type"] in GROUPS for one in definitions):
        raise CannotInvoke(f"/{command['name']} needs a subcommand")
    known = {one["name"]: one for one in definitions}
    if unknown := set(values) - set(known):
        raise CannotInvoke(f"/{command['name']} has no option {', '.join(sorted(unknown))}")
    for name, definition in known.items():
        if name in values:
            entry: Json = {"name": name, "type": definition["type"]}
            entry["value"] = _value(filled, definition, values[name], entry, partial=name == typing)
            if name == typing:
                entry["focused"] = True
            target.append(entry)
        elif definition.get("required") and typing is None:
            raise CannotInvoke(f"/{command['name']} needs the option {name}")
    return filled


def _value(filled: Filled, definition: Json, value: Value, entry: Json, *, partial: bool) -> str | float | None:
    """Returns what `options` holds for `value`: None for a file, whose id is known only once it is stored."""
    kind, name = Option(definition["type"]), definition["name"]
    if partial and isinstance(value, str):
        return value
    if isinstance(value, bool):
        if kind is Option.BOOLEAN:
            return value
    elif isinstance(value, str | int | float):
        if isinstance(value, _TEXT_AND_NUMBERS.get(kind, ())):
            return _in_bounds(definition, value)
    elif isinstance(value, _THINGS.get(kind, ())):
        if isinstance(value, Channel) and value.type not in (definition.get("channel_types") or [value.type]):
            raise CannotInvoke(f"option {name} takes channels of the types {definition['channel_types']}")
        filled.add(entry, value)
        return None if isinstance(value, File) else str(value.id)
    raise CannotInvoke(f"option {name} takes {kind.name.lower()}, not {value!r}")


def _in_bounds(definition: Json, value: str | float) -> str | float:
    choices = [choice["value"] for choice in definition.get("choices") or ()]
    if choices and value not in choices:
        raise CannotInvoke(f"option {definition['name']} takes one of {choices}, not {value!r}")
    size = len(value) if isinstance(value, str) else value
    least = definition.get("min_length" if isinstance(value, str) else "min_value")
    most = definition.get("max_length" if isinstance(value, str) else "max_value")
    if (least is not None and size < least) or (most is not None and size > most):
        raise CannotInvoke(f"option {definition['name']} takes {least} to {most}, not {value!r}")
    return value
