"""Routes for registering commands."""

from __future__ import annotations

from sandbox import commands, refused
from sandbox.parse import without_nulls
from sandbox.rest.calls import Answer, Call, Route
from sandbox.services import Services
from sandbox.state import Json


class Commands:
    def __init__(self, services: Services) -> None:
        self._world = services.world
        self._application = services.application
        self._changes = services.changes

    def routes(self) -> list[Route]:
        """Returns the routes for global commands and for those of one guild."""
        everywhere = "/applications/{application}/commands"
        return [*self._routes(everywhere), *self._routes("/applications/{application}/guilds/{guild}/commands")]

    def _routes(self, path: str) -> list[Route]:
        return [
            Route("GET", path, self._commands),
            Route("PUT", path, self._set_commands),
            Route("POST", path, self._add_command),
            Route("GET", path + "/{command}", self._command),
            Route("PATCH", path + "/{command}", self._edit_command),
            Route("DELETE", path + "/{command}", self._remove_command),
        ]

    def _command_set(self, call: Call) -> dict[int, Json]:
        if call.id("application") != self._application.id:
            raise refused.missing_access()
        if "guild" not in call.match:
            return self._application.commands
        if call.id("guild") not in self._world.guilds:
            raise refused.unknown_guild()
        return self._application.guild_commands.setdefault(call.id("guild"), {})

    def _registered(self, call: Call, command: Json, old: Json | None) -> Json:
        """Returns a command with what Discord fills in. One with the name and type of an old one keeps its id."""
        scope = {"guild_id": call.match["guild"]} if "guild" in call.match else {}
        shared = {"contexts": None, "integration_types": [0], "dm_permission": True} if not scope else {}
        return {
            "type": commands.Kind.CHAT_INPUT.value,
            "description": "",
            "default_member_permissions": None,
            "nsfw": False,
            "name_localizations": None,
            "description_localizations": None,
            **shared,
            **(old or {}),
            **without_nulls(command),
            **scope,
            "id": old["id"] if old else str(self._world.snowflakes.next()),
            "application_id": str(self._application.id),
            "version": str(self._world.snowflakes.next()),
        }

    async def _commands(self, call: Call) -> Answer:
        hidden = () if call.flag("with_localizations") else ("name_localizations", "description_localizations")
        found = self._command_set(call).values()
        return 200, [{key: value for key, value in one.items() if key not in hidden} for one in found]

    async def _set_commands(self, call: Call) -> Answer:
        known = self._command_set(call)
        wanted = call.json if isinstance(call.json, list) else []
        commands.check_commands(wanted)
        old = {(one["type"], one["name"]): one for one in known.values()}
        new = []
        for command in wanted:
            before = old.get((command.get("type", commands.Kind.CHAT_INPUT), command["name"]))
            new.append(self._registered(call, command, {"id": before["id"]} if before else None))
        known.clear()
        known.update({int(one["id"]): one for one in new})
        self._changes.notify()
        return 200, new

    async def _add_command(self, call: Call) -> Answer:
        known = self._command_set(call)
        commands.check_command(call.body)
        kind = call.body.get("type", commands.Kind.CHAT_INPUT)
        old = next((one for one in known.values() if (one["type"], one["name"]) == (kind, call.body["name"])), None)
        new = self._registered(call, call.body, {"id": old["id"]} if old else None)
        known[int(new["id"])] = new
        self._changes.notify()
        return 200 if old else 201, new

    def _one_command(self, call: Call) -> Json:
        known = self._command_set(call)
        if call.id("command") not in known:
            raise refused.unknown_command()
        return known[call.id("command")]

    async def _command(self, call: Call) -> Answer:
        return 200, self._one_command(call)

    async def _edit_command(self, call: Call) -> Answer:
        new = self._registered(call, call.body, self._one_command(call))
        commands.check_command(new)
        self._command_set(call)[call.id("command")] = new
        self._changes.notify()
        return 200, new

    async def _remove_command(self, call: Call) -> Answer:
        self._one_command(call)
        del self._command_set(call)[call.id("command")]
        self._changes.notify()
        return 204, None
