"""A stand-in for Discord on 127.0.0.1 that an unmodified discord.py client connects to.

async with Sandbox() as sandbox:
    with sandbox.in_place_of_discord():            # discord.py's base addresses lead to the sandbox
        bot = asyncio.create_task(client.start(sandbox.token))
        await sandbox.wait_ready()
        photos = {"photo1": File.read(Path("a.jpg")), "photo2": File.read(Path("b.jpg"))}
        invocation = await sandbox.slash("similar", photos, locale="ja")
        reply = await invocation.answered()        # .text .components .files[0].data .files[0].description ...
        assert invocation.acknowledged_after < 3 and not sandbox.refusals
        await client.close()
"""

from sandbox.commands import CannotInvoke
from sandbox.conditions import Conditions
from sandbox.invocation import Invocation, InvocationFailed
from sandbox.refused import Refusal
from sandbox.rest import Exchange
from sandbox.server import Sandbox
from sandbox.state import Attachment, Channel, ChannelType, File, Guild, Message, MessageFlag, User

__all__ = [
    "Attachment",
    "CannotInvoke",
    "Channel",
    "ChannelType",
    "Conditions",
    "Exchange",
    "File",
    "Guild",
    "Invocation",
    "InvocationFailed",
    "Message",
    "MessageFlag",
    "Refusal",
    "Sandbox",
    "User",
]
