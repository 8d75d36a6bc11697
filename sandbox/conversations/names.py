"""What the things of a sandbox are called in a conversation, from run to run."""

from __future__ import annotations

from collections import Counter

from sandbox.server import Sandbox
from sandbox.state import Channel, Message, walk_components


def places(sandbox: Sandbox) -> dict[str, Channel]:
    """Channels and threads, the oldest first, and direct conversations. No name is there twice."""
    named: dict[str, Channel] = {}
    seen: Counter[str] = Counter()
    for channel in sandbox.guild.channels.values():
        seen[channel.name] += 1
        number = seen[channel.name]
        named[channel.name if number == 1 else f"{channel.name} ({number})"] = channel
    return named | {f"@{person.name}": sandbox.direct(person) for person in sandbox.people.values()}


def components(message: Message) -> list[str]:
    """The custom ids of those that can be used, in their order."""
    walked = walk_components(message.components)
    return [one["custom_id"] for one in walked if one.get("custom_id") and not one.get("disabled")]
