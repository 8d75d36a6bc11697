"""Names for the objects of a sandbox that are the same in every run."""

from __future__ import annotations

from collections import Counter

from sandbox.server import Sandbox
from sandbox.state import Channel, Message, walk_components


def places(sandbox: Sandbox) -> dict[str, Channel]:
    """Returns channels and threads, oldest first, and direct messages, each under a unique name."""
    named: dict[str, Channel] = {}
    seen: Counter[str] = Counter()
    for channel in sandbox.guild.channels.values():
        seen[channel.name] += 1
        number = seen[channel.name]
        named[channel.name if number == 1 else f"{channel.name} ({number})"] = channel
    return named | {f"@{person.name}": sandbox.direct(person) for person in sandbox.people.values()}


def components(message: Message) -> list[str]:
    """Returns the custom ids of the components that can be used, in order."""
    walked = walk_components(message.components)
    return [one["custom_id"] for one in walked if one.get("custom_id") and not one.get("disabled")]
