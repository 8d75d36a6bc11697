"""Routes about the bot itself, people and guilds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sandbox import refused, rules
from sandbox.gateway import STARTS
from sandbox.rest.calls import Answer, Call, Route
from sandbox.services import Services
from sandbox.state import Guild, Json, User

MOST_MEMBERS = 1000
MOST_GUILDS = 200
"""The longest pages."""

Listed = TypeVar("Listed", User, Guild)


class Guilds:
    def __init__(self, services: Services) -> None:
        self._world = services.world
        self._application = services.application
        self._payloads = services.payloads
        self._gateway = services.gateway

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/gateway", self._gateway_url, token=False),
            Route("GET", "/gateway/bot", self._gateway_bot),
            Route("GET", "/users/@me", self._me),
            Route("GET", "/users/@me/guilds", self._my_guilds),
            Route("POST", "/users/@me/channels", self._open_direct),
            Route("GET", "/users/{user}", self._user),
            Route("GET", "/applications/@me", self._my_application),
            Route("GET", "/oauth2/applications/@me", self._my_application),
            Route("GET", "/guilds/{guild}", self._guild),
            Route("GET", "/guilds/{guild}/channels", self._channels),
            Route("GET", "/guilds/{guild}/roles", self._roles),
            Route("GET", "/guilds/{guild}/threads/active", self._active),
            Route("GET", "/guilds/{guild}/members", self._members),
            Route("GET", "/guilds/{guild}/members/search", self._search_members),
            Route("GET", "/guilds/{guild}/members/{user}", self._member),
        ]

    # ------------------------------------------------------------ the bot itself, and people

    async def _gateway_url(self, call: Call) -> Answer:
        return 200, {"url": self._gateway.url}

    async def _gateway_bot(self, call: Call) -> Answer:
        limit = {
            "total": STARTS,
            "remaining": self._gateway.starts_left,
            "reset_after": 14_400_000,
            "max_concurrency": self._gateway.max_concurrency or 1,
        }
        return 200, {"url": self._gateway.url, "shards": self._gateway.shards, "session_start_limit": limit}

    async def _me(self, call: Call) -> Answer:
        return 200, self._payloads.me()

    async def _my_application(self, call: Call) -> Answer:
        return 200, self._payloads.application()

    async def _my_guilds(self, call: Call) -> Answer:
        guilds = [guild for guild in self._world.guilds.values() if self._application.member_of(guild)]
        return 200, [
            {
                "id": str(guild.id),
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": False,
                "permissions": str(rules.guild_permissions(guild, self._application.bot).value),
                "features": [],
                **(_counts(guild) if call.flag("with_counts") else {}),
            }
            for guild in _page(guilds, call, MOST_GUILDS, MOST_GUILDS)
        ]

    async def _user(self, call: Call) -> Answer:
        user = self._world.users.get(call.id("user"))
        if user is None:
            raise refused.unknown_user()
        return 200, self._payloads.user(user)

    async def _open_direct(self, call: Call) -> Answer:
        user = self._world.users.get(int(call.body.get("recipient_id") or 0))
        if user is None:
            raise refused.unknown_user()
        return 200, self._payloads.channel(self._world.direct_channel(user))

    # ------------------------------------------------------------ guilds

    def _guild_of(self, call: Call) -> Guild:
        guild = self._world.guilds.get(call.id("guild"))
        if guild is None:
            raise refused.unknown_guild()
        if not self._application.member_of(guild):
            raise refused.missing_access()
        return guild

    async def _guild(self, call: Call) -> Answer:
        guild = self._guild_of(call)
        return 200, {**self._payloads.guild(guild), **(_counts(guild) if call.flag("with_counts") else {})}

    async def _channels(self, call: Call) -> Answer:
        channels = self._guild_of(call).channels.values()
        return 200, [self._payloads.channel(channel) for channel in channels if not channel.is_thread]

    async def _roles(self, call: Call) -> Answer:
        roles = self._guild_of(call).roles.values()
        return 200, [self._payloads.role(role, position) for position, role in enumerate(roles)]

    async def _members(self, call: Call) -> Answer:
        """Returns a page of members. Over HTTP, the application's intent counts, not the session's."""
        guild = self._guild_of(call)
        if "members" not in self._application.privileged:
            raise refused.missing_access()
        page = _page((user for user, _ in guild.members.values()), call, 1, MOST_MEMBERS)
        return 200, [self._payloads.member_with_user(guild, user) for user in page]

    async def _search_members(self, call: Call) -> Answer:
        guild, start = self._guild_of(call), call.query.get("query", "").lower()
        users = [user for user, _ in guild.members.values() if user.name.lower().startswith(start)]
        page = users[: call.limit(1, MOST_MEMBERS)]
        return 200, [self._payloads.member_with_user(guild, user) for user in page]

    async def _member(self, call: Call) -> Answer:
        guild = self._guild_of(call)
        if call.id("user") not in guild.members:
            raise refused.unknown_member()
        user, _ = guild.members[call.id("user")]
        return 200, self._payloads.member_with_user(guild, user)

    async def _active(self, call: Call) -> Answer:
        bot = self._application.bot
        threads = [one for one in self._guild_of(call).threads() if not one.archived]
        visible = [one for one in threads if rules.permissions(one, bot).view_channel]
        answer = self._payloads.threads(visible, more=False)
        return 200, answer


def _page(listed: Iterable[Listed], call: Call, default: int, most: int) -> list[Listed]:
    """Returns the page that `limit`, `before` and `after` ask for, by id."""
    limit, before, after = call.limit(default, most), int(call.query.get("before", 0)), int(call.query.get("after", 0))
    page = sorted((one for one in listed if one.id > after and (not before or one.id < before)), key=lambda one: one.id)
    return page[-limit:] if before else page[:limit]


def _counts(guild: Guild) -> Json:
    return {"approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members)}
