"""The HTTP routes that a bot uses, each answering as Discord does."""

from sandbox.rest.api import ROOT, Api, Faults
from sandbox.rest.calls import Route
from sandbox.rest.channels import Channels
from sandbox.rest.commands import Commands
from sandbox.rest.exchanges import Exchange, Exchanges
from sandbox.rest.guilds import Guilds
from sandbox.rest.replies import Replies
from sandbox.services import Services

__all__ = ["ROOT", "Api", "Exchange", "Exchanges", "Faults", "routes"]


def routes(services: Services) -> list[Route]:
    return [route for group in (Guilds, Commands, Replies, Channels) for route in group(services).routes()]
