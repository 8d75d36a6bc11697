"""What the sandbox is made of, handed as one thing to those who need several of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sandbox.changes import Changes
from sandbox.feed import Feed
from sandbox.gateway import Gateway
from sandbox.invocation import Invocation
from sandbox.messages import Messages
from sandbox.payloads import Payloads
from sandbox.refused import Refusal
from sandbox.trace import Trace
from sandbox.world import Application, World


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
