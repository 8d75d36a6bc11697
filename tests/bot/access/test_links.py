"""bot.access.links: what is a link to a message, and what is none; bot.photos.hosts: what may be fetched."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.links import Link
from bot.errors import NotAMessageLink
from bot.photos.hosts import Hosts

IDS = st.integers(min_value=1, max_value=2**63)


@given(st.sampled_from(["", "www.", "ptb.", "canary."]), st.sampled_from(["discord", "discordapp"]), IDS, IDS, IDS)
def test_every_link_that_discord_copies(kind: str, name: str, guild: int, channel: int, message: int) -> None:
    link = f"https://{kind}{name}.com/channels/{guild}/{channel}/{message}"
    for text in (link, f"<{link}>", f"  {link}/ "):
        assert Link.parse(text) == Link(guild, channel, message)


def test_a_direct_conversation_has_no_server() -> None:
    assert Link.parse("https://discord.com/channels/@me/1/2") == Link(None, 1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "https://discord.com/channels/1/2",
        "https://discord.com/channels/1/2/3/4",
        "https://discord.com.example/channels/1/2/3",
        "https://example.com/?https://discord.com/channels/1/2/3",
        "http://discord.com/channels/1/2/3",
        "https://discord.com/channels/1/2/\u0663",
        "https://discord.com/channels/1/2/" + "9" * 40,
    ],
)
def test_what_is_no_link(text: str) -> None:
    with pytest.raises(NotAMessageLink):
        Link.parse(text)


@given(st.text())
def test_any_text_is_a_link_or_refused(text: str) -> None:
    with suppress(NotAMessageLink):
        Link.parse(text)


@given(st.text(), st.sampled_from(["https://cdn.discordapp.com", "https://", "http://", "//", ""]))
def test_an_address_of_another_host_is_never_allowed(text: str, before: str) -> None:
    hosts = Hosts(["cdn.discordapp.com"])
    address = before + text
    if hosts.allow(address):
        assert address.lower().startswith("https://")
        assert "cdn.discordapp.com" in address.lower()


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.discordapp.com.example/1.jpg",
        "https://cdn.discordapp.com@example.com/1.jpg",
        "https://example.com/https://cdn.discordapp.com/1.jpg",
        "https://example.com#cdn.discordapp.com",
        "http://cdn.discordapp.com/1.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/1.jpg",
        "https://[broken/1.jpg",
        "ftp://cdn.discordapp.com/1.jpg",
        "attachment://1.jpg",
    ],
)
def test_addresses_that_only_look_allowed(address: str) -> None:
    assert not Hosts(["cdn.discordapp.com"]).allow(address)
