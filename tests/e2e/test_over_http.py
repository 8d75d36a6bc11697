"""Commands and clicks that come over HTTP: by the real way from a signed request to the answer, and what is refused."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import discord
import openapi
import pytest
from running import PATIENCE, SHORT, Bot, answer, face, free_port, running

from bot.http.endpoint import MOST_BYTES, SECONDS_NEW
from sandbox import Invocation, Message, Sandbox
from sandbox.delivery import EndpointRefused
from sandbox.state import Overwrite, walk_components


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox
        openapi.check_where_it_is(sandbox.requests)


@asynccontextmanager
async def instance(sandbox: Sandbox, folder: Path, port: int = 0, **settings: str) -> AsyncIterator[tuple[Bot, str]]:
    """A bot that takes interactions over HTTP, once it is ready, and where."""
    port = port or free_port()
    settings = {"INTERACTIONS__PORT": str(port)} | settings
    async with running(sandbox, folder, ready=False, **settings) as bot:
        await bot.log_shows("taking commands of")
        await bot.healthy()
        yield bot, f"http://127.0.0.1:{port}/interactions"


def button(message: Message, kind: str) -> str:
    """The id of the first thing that can be used in `message` whose id begins so or ends so."""
    ids = [one["custom_id"] for one in walk_components(message.components) if "custom_id" in one]
    return next(id_ for id_ in ids if id_.startswith(kind) or id_.endswith(kind))


async def shows(invocation: Invocation, kind: str) -> Message:
    def there(message: Message) -> bool:
        return any(kind in one.get("custom_id", "") for one in walk_components(message.components))

    return await invocation.answered(PATIENCE, until=there)


async def test_everything_works_as_by_the_gateway(sandbox: Sandbox, tmp_path: Path) -> None:
    async with instance(sandbox, tmp_path) as (bot, url):
        await sandbox.delivery.use(url)
        _, state = await bot.health("readyz")
        assert (state["connected"], state["shards"], state["latency_ms"]) == (True, {}, None)
        assert not any(one.path.startswith("/gateway") for one in sandbox.requests)

        photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_1.jpg")}
        asked = await sandbox.slash("similar", photos)
        reply = await answer(asked)
        assert reply.files
        assert await asked.acknowledged() < 3

        swapped = await sandbox.click(reply, button(reply, "-swap"))
        await swapped.answered(PATIENCE)
        again = await sandbox.click(reply, button(reply, "-heatmap-left"))
        assert (await answer(again)).files

        posted = await sandbox.post(sandbox.channel("general"), files=[face("person_a_1.jpg")])
        assert (await answer(await sandbox.message_command("Heatmap", posted))).files
        assert (await answer(await sandbox.slash(*SHORT, locale="ja"))).files
        assert (await answer(await sandbox.slash("about", channel=sandbox.direct()))).text

        # places and links: of a server that no gateway tells of
        thread = await sandbox.open_thread(sandbox.channel("general"), "Faces")
        for name in ("person_a_1.jpg", "person_b_1.jpg"):
            linked = await sandbox.post(thread, files=[face(name)])
        assert (await answer(await sandbox.slash("average", {"thread": thread}))).files
        assert (await answer(await sandbox.slash("average", channel=thread))).files
        assert (await answer(await sandbox.slash("gradcam", {"message": linked.link}))).files
        await sandbox.deny(sandbox.channel("general"), "read_message_history")
        refused = await answer(await sandbox.slash("average", {"thread": thread}))
        assert "Read Message History" in refused.text

        deleted = await sandbox.click(reply, button(reply, "delete-"))
        await deleted.acknowledged()
        async with asyncio.timeout(PATIENCE):
            while sandbox.newest(reply).id in reply.channel.messages:
                await asyncio.sleep(0.02)
        assert await bot.stop() == 0
        assert "interaction endpoint URL" not in bot.log.read_text()
    assert not sandbox.refusals


@pytest.mark.parametrize("locale", ["en-US", "ja"])
async def test_what_a_person_may_not_read_is_as_if_it_were_not_there(
    sandbox: Sandbox, tmp_path: Path, locale: str
) -> None:
    guest, host = sandbox.person("Guest"), sandbox.person("Mio")
    album, hidden = await sandbox.open_channel("album"), await sandbox.open_channel("hidden")
    hidden.overwrites[guest.id] = Overwrite(deny=discord.Permissions(view_channel=True).value)
    private = [await sandbox.open_thread(where, "closed", host, private=True) for where in (hidden, hidden, album)]
    private[0].members.add(sandbox.bot.id)
    without = sandbox.add_guild("Without the bot", bot=False)
    places = [hidden, *private, *without.channels.values()]
    links = [(await sandbox.post(place, host, files=[face("person_a_1.jpg")])).link for place in places]
    readable = await sandbox.post(album, host, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
    links += [
        replace(readable, id=readable.id + 1).link,
        readable.link.replace(str(album.id), str(album.id + 1)),
        readable.link.replace(str(sandbox.guild.id), "1"),
    ]
    async with instance(sandbox, tmp_path) as (bot, url):
        await sandbox.delivery.use(url)

        async def told(command: str, options: dict[str, Any]) -> str:
            asked = await sandbox.slash(command, options, user=guest, channel=album, locale=locale)
            reply = await answer(asked)
            assert reply.ephemeral
            return reply.text

        (gone,) = {await told("gradcam", {"message": link}) for link in links}
        assert ("メッセージが見つかりません" if locale == "ja" else "cannot find that message") in gone
        (text,) = {await told("average", {"thread": place}) for place in places[:3]}
        here = "ここでは実行できません" if locale == "ja" else "I cannot do that here"
        assert here in text

        # a private thread that both of them saw, and whose channel is then hidden
        club = await sandbox.open_channel("club")
        thread = await sandbox.open_thread(club, "us", guest, private=True)
        thread.members.add(sandbox.bot.id)
        await sandbox.post(thread, guest, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
        asked = await sandbox.slash("average", {"thread": thread}, user=guest, channel=album, locale=locale)
        average = await answer(asked)
        assert average.files
        thread.members.discard(sandbox.bot.id)

        async def pressed() -> str:
            click = await sandbox.click(average, button(average, "-median"), user=guest, locale=locale)
            return (await answer(click)).text

        assert thread.mention in await pressed(), "the person sees its channel still"
        club.overwrites[guest.id] = Overwrite(deny=discord.Permissions(view_channel=True).value)
        assert here in await pressed()

        # a message that is gone when somebody clicks on the answer
        alike = await answer(await sandbox.message_command("How alike?", readable, user=guest, locale=locale))
        swapped = await sandbox.click(alike, button(alike, "-swap"), user=guest, locale=locale)
        assert (await swapped.answered(PATIENCE)).files
        await sandbox.delete(readable)
        again = await sandbox.click(alike, button(sandbox.newest(alike), "-swap"), user=guest, locale=locale)
        (word,) = await again.followed_up(within=PATIENCE)
        assert (word.ephemeral, word.text) == (True, gone)
        await bot.stop()


async def test_a_click_finds_the_instance_that_holds_what_it_is_on(sandbox: Sandbox, tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    peers = json.dumps([f"http://localhost:{port}" for port in ports])
    async with AsyncExitStack() as stack:
        (first, here), (second, there) = await asyncio.gather(
            *(
                stack.enter_async_context(instance(sandbox, tmp_path / str(port), port, INTERACTIONS__PEERS=peers))
                for port in ports
            )
        )
        await sandbox.delivery.use(here)
        photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_1.jpg")}
        reply = await answer(await sandbox.slash("similar", photos))
        workers = first.freeze()
        running_one = await sandbox.slash(*SHORT)
        shown = await shows(running_one, "stop-")

        await sandbox.delivery.use(there)
        cancel = await sandbox.click(shown, button(shown, "stop-"))
        await cancel.acknowledged()
        assert "Stopped" in (await answer(running_one)).text
        for worker in workers:
            worker.resume()
        swapped = await sandbox.click(reply, button(reply, "-swap"))
        assert (await swapped.answered(PATIENCE)).files
        assert not sandbox.refusals

        # one that is gone is missed in time: its answer can still be deleted, and all else is answered
        await first.stop()
        lost = await sandbox.click(sandbox.newest(reply), button(reply, "delete-"))
        await lost.acknowledged()
        assert (await answer(await sandbox.slash("about"))).text
        assert not sandbox.refusals
        await second.stop()


async def test_what_no_instance_holds_is_answered_politely(sandbox: Sandbox, tmp_path: Path) -> None:
    async with (
        instance(sandbox, tmp_path / "first") as (first, here),
        instance(sandbox, tmp_path / "second") as (second, there),
    ):
        await sandbox.delivery.use(here)
        photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_1.jpg")}
        reply = await answer(await sandbox.slash("similar", photos))
        first.freeze()
        running_one = await sandbox.slash(*SHORT)
        shown = await shows(running_one, "stop-")
        await sandbox.delivery.use(there)
        for message, kind, locale, told in (
            (shown, "stop-", "en-US", "please press once more"),
            (shown, "stop-", "ja", "もう一度押してください"),
            (reply, "-swap", "en-US", "or use the command again"),
            (reply, "-swap", "ja", "改めてコマンドを使ってください"),
        ):
            click = await sandbox.click(message, button(message, kind), locale=locale)
            assert told in (await click.answered(PATIENCE)).text
        assert not sandbox.refusals
        await second.stop()


async def test_what_is_not_from_discord_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    async with instance(sandbox, tmp_path) as (bot, url), aiohttp.ClientSession() as session:

        async def status(body: bytes, headers: dict[str, str], method: str = "POST") -> int:
            async with session.request(method, url, data=body, headers=headers) as response:
                return response.status

        def signed(payload: Any, **more: float) -> tuple[bytes, dict[str, str]]:
            body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            return body, sandbox.delivery.signed(body, **more)

        await sandbox.delivery.use(url)
        with pytest.raises(EndpointRefused):
            await sandbox.delivery.use(sandbox.address)
        ping, headers = signed({"type": 1})
        assert await status(ping, headers) == 200

        # signatures
        for name in ("X-Signature-Ed25519", "X-Signature-Timestamp"):
            assert await status(ping, {key: value for key, value in headers.items() if key != name}) == 401
            for wrong in ("", "zz", "0" * 128, "ü", headers[name][:-2], "9" * 4000):
                assert await status(ping, headers | {name: wrong}) == 401
        assert await status(ping + b" ", headers) == 401
        assert await status(b"", headers) == 401
        async with Sandbox() as other:
            assert await status(ping, other.delivery.signed(ping)) == 401

        # age, and what was here before
        assert await status(*signed({"type": 1}, at=time.time() - SECONDS_NEW - 2)) == 401
        assert await status(*signed({"type": 1}, at=time.time() + SECONDS_NEW + 2)) == 401
        click = {"type": 3, "data": {"custom_id": "nobody's"}}
        first = signed(click)
        assert [await status(*first), await status(*first)] == [400, 401]

        # size and pace
        async def slowly() -> AsyncIterator[bytes]:
            yield ping
            await asyncio.sleep(PATIENCE)

        async with session.post(url, data=slowly(), headers=headers) as response:
            assert response.status == 408
        assert await status(b" " * MOST_BYTES, headers) == 401
        assert await status(b" " * (MOST_BYTES + 1), headers) == 413
        assert await status(b"", {}, "GET") == 405

        # signed, and yet no interaction
        for payload in (
            b"",
            b"\xff\xfe",
            b"{",
            b"[" * 200_000,
            b"1" * 10_000,
            b"NaN",
            None,
            [],
            "text",
            [[]],
            {},
            {"type": []},
            {"type": "1"},
            {"type": 99},
            {"type": 2},
            {"type": 2, "id": "x", "data": {}},
            {"type": 3},
            {"type": 3, "data": []},
            {"type": 3, "data": {"custom_id": ["stop-"]}},
            {"type": 3, "data": {"custom_id": "stop-x"}},
            {"type": 4, "data": None},
            {"type": 5, "data": {"custom_id": "x"}},
        ):
            assert await status(*signed(payload)) == 400, payload

        assert (await answer(await sandbox.slash(*SHORT))).files
        assert "Traceback" not in bot.log.read_text()
        assert headers["X-Signature-Ed25519"] not in bot.log.read_text()
        await bot.stop()
    assert not sandbox.refusals


async def test_told_to_stop_it_ends_what_runs_and_refuses_what_comes(sandbox: Sandbox, tmp_path: Path) -> None:
    async with instance(sandbox, tmp_path, WORKERS__GRACE_SECONDS=str(PATIENCE)) as (bot, url):
        await sandbox.delivery.use(url)
        workers = bot.freeze()
        asked = await sandbox.slash(*SHORT)
        await bot.work_begins(working=1, requests=1)
        bot.process.terminate()
        await bot.log_shows("told to stop")
        status, state = await bot.health("readyz")
        assert (status, state["stopping"], (await bot.health())[0]) == (503, True, 200)
        late = await sandbox.slash(*SHORT, user=sandbox.person("Late"))
        assert "restart" in (await answer(late)).text
        for worker in workers:
            worker.resume()
        assert (await answer(asked)).files
        assert await bot.ended() == 0


async def test_a_public_key_that_is_another_applications(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = {"INTERACTIONS__PORT": str(free_port()), "INTERACTIONS__PUBLIC_KEY": "ab" * 32}
    async with running(sandbox, tmp_path, ready=False, **settings) as bot:
        assert await bot.ended() == 1
        assert "interactions.public_key does not belong to the application" in bot.log.read_text().splitlines()[-1]
