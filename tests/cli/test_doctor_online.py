"""`sokkuri doctor --online` against the sandbox's API: what is as it should be, and each thing that is not."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import openapi
import pytest
from program import Run

from bot import app
from bot.config import InteractionsSection, Settings
from bot.http import endpoint
from cli import online
from sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOKKURI_TOKEN", raising=False)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        await register(sandbox, await app.commands(Settings()))
        yield sandbox
        openapi.check_where_it_is(sandbox.requests)


async def register(sandbox: Sandbox, commands: list[dict[str, Any]]) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {sandbox.token}"}) as session:
        address = f"{sandbox.api}/applications/{sandbox.application.id}/commands"
        async with session.put(address, json=commands) as response:
            assert response.status == 200


async def ask(
    sandbox: Sandbox, *, interactions: dict[str, Any] | None = None, **discord: Any
) -> dict[str, online.Finding]:
    """The findings by their names."""
    discord = {"token": sandbox.token, "api": sandbox.api, **discord}
    settings = Settings(discord=discord, interactions=interactions or {})
    findings = await asyncio.to_thread(lambda: list(online.online(settings)))
    assert settings.discord.token.get_secret_value() not in repr(findings)
    assert all(finding.remedy for finding in findings if finding.state != "ok")
    return {finding.name: finding for finding in findings}


async def test_everything_as_it_should_be(sandbox: Sandbox, sokkuri: Run) -> None:
    env = {"SOKKURI_TOKEN": sandbox.token, "SOKKURI_DISCORD__API": sandbox.api}
    done = await asyncio.to_thread(sokkuri, "doctor", "--online", "--check", "settings", env=env)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["OK", name] for name in ("settings", "token", "intent", "commands", "gateway", "clock", "permissions")
    ]
    assert sandbox.token not in done.stdout
    done = await asyncio.to_thread(sokkuri, "doctor", "--online", "--check", "settings", "--json", env=env)
    assert json.loads(done.stdout)["ok"] is True
    assert not sandbox.refusals


async def test_a_token_that_discord_does_not_know(sandbox: Sandbox, sokkuri: Run) -> None:
    findings = await ask(sandbox, token="abc.def.ghi")
    assert list(findings) == ["token"]
    assert findings["token"].state == "missing"
    assert "Reset Token" in findings["token"].remedy
    env = {"SOKKURI_TOKEN": "abc.def.ghi", "SOKKURI_DISCORD__API": sandbox.api}
    done = await asyncio.to_thread(sokkuri, "doctor", "--online", "--check", "settings", env=env)
    assert done.returncode == 1
    assert "FAIL token" in done.stdout
    assert "abc.def" not in done.stdout + done.stderr


async def test_no_token(sandbox: Sandbox) -> None:
    (finding,) = online.online(Settings())
    assert (finding.name, finding.state) == ("token", "missing")


async def test_the_intent_is_off(sandbox: Sandbox) -> None:
    sandbox.application.privileged = frozenset()
    wanted = (await ask(sandbox))["intent"]
    assert (wanted.state, "Privileged Gateway Intents" in wanted.remedy) == ("missing", True)
    assert (await ask(sandbox, message_content=False))["intent"].state == "note"


async def test_commands_of_another_version(sandbox: Sandbox) -> None:
    ours = await app.commands(Settings())
    changed = {**ours[1], "description": "What it said once"}
    await register(sandbox, [*ours[2:], changed, {"name": "old", "description": "It was here."}])
    finding = (await ask(sandbox))["commands"]
    assert finding.state == "note"
    assert finding.found == f"not registered: {ours[0]['name']}; out of date: {ours[1]['name']}; there no more: old"


async def test_switches_that_keep_people_from_the_bot(sandbox: Sandbox) -> None:
    sandbox.application.settings["interactions_endpoint_url"] = "https://example.com/interactions"
    finding = (await ask(sandbox))["portal"]
    assert (finding.state, "never reach this bot" in finding.found) == ("missing", True)
    sandbox.application.settings = {"bot_require_code_grant": True}
    finding = (await ask(sandbox))["portal"]
    assert (finding.state, "OAuth2" in finding.found) == ("missing", True)


async def test_commands_over_http(sandbox: Sandbox) -> None:
    """As the settings have it: by an endpoint that is set, answers, and lets nobody in."""
    http = {"port": free_port()}

    async def ask_for(url: str | None, **more: object) -> tuple[str, str]:
        sandbox.application.settings["interactions_endpoint_url"] = url
        found = await ask(sandbox, interactions=http | more)
        assert not found.keys() & {"gateway", "portal"}
        return found["endpoint"].state, found["endpoint"].found

    assert (await ask_for(None))[0] == "missing"
    state, found = await ask_for(f"http://127.0.0.1:{http['port']}/interactions")
    assert (state, "cannot be reached" in found) == ("missing", True)
    state, found = await ask_for(f"{sandbox.address}/interactions")
    assert (state, "answers 403" in found) == ("missing", True)

    def accept(payload: object) -> None:
        raise AssertionError(payload)

    public_key = sandbox.application.settings["verify_key"]
    async with aiohttp.ClientSession() as session:
        settings, peers = InteractionsSection(**http), endpoint.Peers(session, ())
        async with endpoint.served(settings, public_key, peers, accept=accept, is_elsewhere=lambda _: False):
            url = f"http://127.0.0.1:{http['port']}/interactions"
            assert (await ask_for(url))[0] == "ok"
            assert (await ask_for(url, public_key=public_key.upper()))[0] == "ok"
            findings = await asyncio.to_thread(
                lambda: list(
                    online.endpoint(Settings(interactions={"public_key": "ab" * 32}), {"verify_key": public_key})
                )
            )
            assert "another application's" in findings[0].found


def test_ways_to_install_that_only_the_commands_know() -> None:
    everywhere, server = {"integration_types": [0, 1]}, {"integration_types": None}
    (finding,) = online.installs({"integration_types_config": {"0": {}}}, [server, everywhere])
    assert (finding.state, "User Install" in finding.found) == ("note", True)
    assert not list(online.installs({"integration_types_config": {"0": {}, "1": {}}}, [server, everywhere]))
    assert not list(online.installs({}, [server]))


@pytest.mark.parametrize(("left", "state"), [(0, "missing"), (12, "note"), (600, "ok")])
async def test_session_starts(sandbox: Sandbox, left: int, state: str) -> None:
    sandbox.gateway.starts_left = left
    finding = (await ask(sandbox))["gateway"]
    assert finding.state == state
    assert f"{left} of 1,000" in finding.found


async def test_fewer_shards_than_discord_recommends(sandbox: Sandbox) -> None:
    sandbox.gateway.shards = 4
    assert (await ask(sandbox))["gateway"].state == "ok"
    finding = (await ask(sandbox, shards=2))["gateway"]
    assert (finding.state, finding.found) == ("note", "shards is 2, where Discord recommends 4")
    sandbox.gateway.starts_left = 1
    assert (await ask(sandbox, shards=4))["gateway"].state == "missing"
    assert (await ask(sandbox, shards=4, shard_ids=[3]))["gateway"].state == "note"


@pytest.mark.parametrize(("seconds", "told"), [(90, "90 s behind"), (-90, "90 s ahead of")])
async def test_a_wrong_clock(sandbox: Sandbox, seconds: float, told: str) -> None:
    sandbox.clock.advance(seconds)
    finding = (await ask(sandbox))["clock"]
    assert finding.state == "note"
    off = int(finding.found.partition(" ")[0])
    assert abs(off - 90) <= 2
    assert told.partition("s ")[2] in finding.found


async def test_permissions(sandbox: Sandbox) -> None:
    sandbox.guild.everyone.permissions &= ~(1 << 15)  # Attach Files
    for role in sandbox.guild.roles.values():
        role.permissions &= ~(1 << 15)
    finding = (await ask(sandbox))["permissions"]
    assert finding.state == "note"
    assert finding.found == "too few on 1 of 1 servers: Sandbox (no attach_files)"
    assert f"client_id={sandbox.application.id}" in finding.remedy
    invited = finding.remedy.partition("permissions=")[2]
    assert f"permissions={invited}" in (ROOT / "README.md").read_text()  # the link that is recommended there
    sandbox.world.guilds.clear()
    assert "on no server" in (await ask(sandbox))["permissions"].found


async def test_no_network() -> None:
    async with Sandbox() as sandbox:
        pass
    finding = (await ask(sandbox))["discord"]
    assert (finding.state, sandbox.api in finding.found) == ("missing", True)


async def test_discord_is_unwell(sandbox: Sandbox) -> None:
    sandbox.faults.fail(503, path="/gateway")
    findings = await ask(sandbox)
    assert findings["commands"].state == "ok"
    assert (findings["discord"].state, "503" in findings["discord"].found) == ("note", True)
