"""The HTTP routes that a bot uses, each answering as Discord does."""

from bot.sandbox.parts import Parts
from bot.sandbox.rest.api import ROOT, Api, Faults
from bot.sandbox.rest.calls import Route
from bot.sandbox.rest.channels import Channels
from bot.sandbox.rest.commands import Commands
from bot.sandbox.rest.exchanges import Exchange, Exchanges
from bot.sandbox.rest.guilds import Guilds
from bot.sandbox.rest.replies import Replies

__all__ = ["ROOT", "Api", "Exchange", "Exchanges", "Faults", "routes"]


def routes(parts: Parts) -> list[Route]:
    return [route for room in (Guilds, Commands, Replies, Channels) for route in room(parts).routes()]
