"""The bot in the sandbox connects to the sandbox and to nothing else."""

from __future__ import annotations

from yarl import URL

from bot.config import Settings
from bot.photos.hosts import Hosts
from sandbox import File
from sandbox.together import settings_for


async def test_the_bot_fetches_from_the_sandboxs_port_alone(sandbox) -> None:
    message = await sandbox.post(sandbox.channel("general"), files=[File("a.png", b"a")])
    hosts = Hosts(settings_for(sandbox, Settings()).discord.cdn_hosts)
    for proxy in (False, True):
        address = URL(sandbox.cdn.url(message.attachments[0], proxy=proxy))
        assert hosts.allow(str(address))
        for elsewhere in (address.with_port(1), address.with_port(None), address.with_host("localhost")):
            assert not hosts.allow(str(elsewhere))
