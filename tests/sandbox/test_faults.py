"""What can be broken on purpose, and the CDN's addresses."""

from __future__ import annotations

import asyncio
import struct

import aiohttp
import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE
from yarl import URL

from sandbox import File, Sandbox
from sandbox.cdn import one_colour_png
from sandbox.sniff import sniff

PNG = one_colour_png(3, (9, 9, 9))


async def address(sandbox: Sandbox, data: bytes = PNG, name: str = "a b.png") -> URL:
    message = await sandbox.post(sandbox.channel("general"), files=[File(name, data)])
    return URL(sandbox.cdn.url(message.attachments[0]), encoded=True)


async def test_addresses_are_signed_and_expire(sandbox) -> None:
    url = await address(sandbox)
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            assert (response.status, response.content_type, await response.read()) == (200, "image/png", PNG)
        for forged in (
            url.with_query(None),
            url.update_query(hm="0" * 64),
            url.update_query(ex="ffffffff"),
            url.update_query(hm="é"),
        ):
            async with session.get(forged) as response:
                assert response.status == 404
        sandbox.cdn.expire()
        async with session.get(url) as response:
            assert response.status == 404
        fresh = await address(sandbox)
        sandbox.clock.advance(23 * 3600)
        async with session.get(fresh) as response:
            assert response.status == 200
        sandbox.clock.advance(2 * 3600)
        async with session.get(fresh) as response:
            assert response.status == 404


async def test_downloads_fail_trickle_and_break_off(sandbox) -> None:
    url = await address(sandbox, b"x" * 100_000, "x.jpg")
    async with aiohttp.ClientSession() as session:
        sandbox.cdn.fail(503, name="x.jpg")
        async with session.get(url) as response:
            assert response.status == 503
        sandbox.cdn.cut(1000)
        with pytest.raises(aiohttp.ClientPayloadError):
            async with session.get(url) as response:
                await response.read()
        sandbox.cdn.slow(60)
        async with session.get(url) as response:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await response.read()
        sandbox.cdn.slow(0.01, name="other")
        async with session.get(url) as response:
            assert len(await response.read()) == 100_000
    assert sandbox.cdn.downloads == ["x.jpg"] * 4


async def test_rate_limits_and_errors_are_survived(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="work", description="Work.")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.defer()
            sandbox.faults.rate_limit(0.01, times=2, path="/webhooks/")
            await interaction.edit_original_response(content="done")

    async with connect(sandbox, setup) as bot:
        assert (await (await sandbox.slash("work")).answered(PATIENCE)).content == "done"
        sandbox.faults.rate_limit(0.01, path="/users/")
        await bot.fetch_user(sandbox.owner.id)
        sandbox.faults.fail(503, times=1, path="/users/")
        with pytest.raises(discord.DiscordServerError):
            await bot.fetch_user(sandbox.owner.id)
        statuses = [one.status for one in sandbox.requests if "/messages/@original" in one.path]
        assert statuses == [429, 429, 200]
        assert not sandbox.refusals


async def test_a_port_that_is_taken_is_an_os_error(sandbox) -> None:
    with pytest.raises(OSError):
        async with Sandbox(URL(sandbox.address).port or 0):
            pass


async def test_default_avatars_are_pictures(sandbox, connect) -> None:
    async with connect(sandbox) as bot:
        user = await bot.fetch_user(sandbox.owner.id)
        assert sniff("a.png", await user.display_avatar.read()).width == 256


JPEG = b"\xff\xd8\xff\xe1\x00\x10" + b"Exif" + bytes(10) + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 480, 640)
VP8X = b"RIFF\x00\x00\x00\x00WEBPVP8X" + bytes(8) + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")
VP8L = b"RIFF\x00\x00\x00\x00WEBPVP8L" + bytes(4) + b"\x2f" + (639 | 479 << 14).to_bytes(4, "little") + bytes(9)
VP8 = b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(10) + struct.pack("<HH", 640, 480)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.png", one_colour_png(640, (0, 0, 0)), ("image/png", 640, 640)),
        ("a.gif", b"GIF89a" + struct.pack("<HH", 640, 480), ("image/gif", 640, 480)),
        ("a.jpeg", JPEG + bytes(8), ("image/jpeg", 640, 480)),
        ("a.webp", VP8X, ("image/webp", 640, 480)),
        ("a.webp", VP8L, ("image/webp", 640, 480)),
        ("a.webp", VP8, ("image/webp", 640, 480)),
        ("text.jpg", b"only a text", ("image/jpeg", None, None)),
        ("a.heic", b"", ("image/heic", None, None)),
        ("a.txt", b"hello", ("text/plain; charset=utf-8", None, None)),
        ("unknown", b"hello", (None, None, None)),
    ],
)
def test_what_discord_says_of_a_file(name, data, expected) -> None:
    seen = sniff(name, data)
    assert (seen.content_type, seen.width, seen.height) == expected


@given(st.sampled_from([b"\xff\xd8\xff", b"RIFF....WEBPVP8 ", b"\x89PNG\r\n\x1a\n", b"GIF89a"]), st.binary())
def test_damaged_headers_do_no_harm(start: bytes, rest: bytes) -> None:
    sniff("a.png", start + rest)
