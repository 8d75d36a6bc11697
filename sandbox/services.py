"""What the sandbox is made of, passed as one object to whatever needs several of its parts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sandbox.cdn import Cdn
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
class Services:
    """`invocations`: by token. `changes` signals that connections or commands come or go; `feed` publishes messages and
    channels.
    """

    world: World
    application: Application
    cdn: Cdn
    payloads: Payloads
    messages: Messages
    gateway: Gateway
    changes: Changes
    refusals: deque[Refusal]
    feed: Feed
    trace: Trace
    invocations: dict[str, Invocation] = field(default_factory=dict)
