"""What the sandbox is made of, handed as one thing to those who need several of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.changes import Changes
from bot.sandbox.feed import Feed
from bot.sandbox.gateway import Gateway
from bot.sandbox.invocation import Invocation
from bot.sandbox.messages import Messages
from bot.sandbox.payloads import Payloads
from bot.sandbox.refused import Refusal
from bot.sandbox.state import Application, World
from bot.sandbox.trace import Trace


@dataclass(frozen=True)
class Parts:
    """`invocations`: by their token; `changes` tells of connections and commands that come and go, `feed` of messages
    and places.
    """

    world: World
    application: Application
    payloads: Payloads
    messages: Messages
    gateway: Gateway
    changes: Changes
    refusals: deque[Refusal]
    feed: Feed
    trace: Trace
    invocations: dict[str, Invocation] = field(default_factory=dict)
