"""bot.workers.addresses: where real processes of a cluster listen, and which addresses they refuse."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import cluster
import psutil
import pytest
import pytest_asyncio
import worker_tasks
import yaml
from cluster import ROOT, Process
from patience import PATIENCE

from bot.config import DaskSection
from bot.errors import ConfigError
from bot.workers import addresses
from bot.workers.cluster import ClusterWorkers
from core.contracts import CoreSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = "198.51.100.1"
"""An address that no machine on the internet has (RFC 5737), for a network namespace of the test's own."""


@dataclass(frozen=True)
class Scheduler:
    port: int
    process: Process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scheduler(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scheduler]:
    """A scheduler on loopback, for all workers that leave it alone."""
    port = cluster.free_port()
    async with cluster.scheduler(tmp_path_factory.mktemp("scheduler"), port) as process:
        yield Scheduler(port, process)


@pytest.fixture
def namespace() -> Iterator[tuple[str, ...]]:
    """A command that runs another one in a network namespace that has ELSEWHERE and no way out."""
    name = f"sokkuri-{secrets.token_hex(4)}"
    if os.geteuid() or subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        pytest.skip("a network namespace takes root and iproute2")
    try:
        for change in ("link set lo up", f"address add {ELSEWHERE}/32 dev lo"):
            subprocess.run(["ip", "-n", name, *change.split()], check=True)
        yield ("ip", "netns", "exec", name)
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def connected(scheduler: str, **section: object) -> ClusterWorkers:
    return ClusterWorkers(CoreSettings(), DaskSection(scheduler=scheduler, **section), count=1, start_seconds=PATIENCE)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_a_worker_listens_once_and_on_loopback_where_its_scheduler_does(tmp_path: Path, host: str) -> None:
    port = cluster.free_port()
    async with (
        cluster.scheduler(tmp_path, port, host=host),
        cluster.worker(tmp_path, port, host=host) as worker,
        connected(f"tcp://{host}:{port}") as bot,
    ):
        before = listening_here()
        pid = await bot.submit(worker_tasks.pid, None, PATIENCE)
        assert pid in worker.children()
        ((place, _),) = worker.listening()
        assert ip_address(place).is_loopback
        assert listening_here() == before  # the bot is asked nothing by anybody


def listening_here() -> set[tuple[str, int]]:
    sockets = psutil.Process().net_connections()
    return {one.laddr for one in sockets if one.status == psutil.CONN_LISTEN}


async def test_in_a_trusted_network_a_worker_listens_where_it_reaches_the_scheduler(
    tmp_path: Path, namespace: tuple[str, ...]
) -> None:
    port = cluster.free_port()
    async with (
        cluster.scheduler(tmp_path, port, host=ELSEWHERE, inside=namespace),
        cluster.worker(
            tmp_path, port, host=ELSEWHERE, inside=namespace, DASK__TRUSTED_NETWORK="true", DASK__PORT="9000"
        ) as worker,
    ):
        assert worker.listening() == [(ELSEWHERE, 9000)]


async def test_contact_is_what_others_are_told_and_not_where_a_worker_listens(
    tmp_path: Path, scheduler: Scheduler
) -> None:
    own = cluster.free_port()
    told = {"DASK__HOST": "127.0.0.2", "DASK__PORT": str(own), "DASK__CONTACT": f"tcp://localhost:{own}"}
    async with cluster.worker(tmp_path, scheduler.port, **told) as worker:
        await scheduler.process.says(f"tcp://localhost:{own}")
        assert worker.listening() == [("127.0.0.2", own)]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("scheduler", f"tcp://{ELSEWHERE}:8786"),
        ("scheduler", "tcp://[2001:db8::1]:8786"),
        ("scheduler", "tcp://0.0.0.0:8786"),
        ("host", ELSEWHERE),
        ("host", "0.0.0.0"),
        ("host", "tcp://[::]"),
    ],
)
async def test_without_tls_a_worker_refuses_what_is_not_loopback(
    tmp_path: Path, scheduler: Scheduler, setting: str, value: str
) -> None:
    address = f"tcp://127.0.0.1:{scheduler.port}"
    settings = {"SOKKURI_DASK__SCHEDULER": address, f"SOKKURI_DASK__{setting.upper()}": value}
    async with cluster.process(tmp_path, "worker", "-c", cluster.PROGRAM, "worker", **settings) as worker:
        assert await worker.ended() == 2
        assert refused(worker.log, f"dask.{setting}: ")


@pytest.mark.parametrize("address", [f"tcp://{ELSEWHERE}:8786", "tcp://[2001:db8::1]:8786", f"{ELSEWHERE}:8786"])
async def test_without_tls_a_bot_refuses_what_is_not_loopback(tmp_path: Path, address: str) -> None:
    settings = {"SOKKURI_TOKEN": "abc.def.ghi", "SOKKURI_DISCORD__API": "http://127.0.0.1:9"}
    settings |= {"SOKKURI_WORKERS__ENGINE": "dask", "SOKKURI_DASK__SCHEDULER": address}
    async with cluster.process(tmp_path, "bot", "-c", cluster.PROGRAM, "run", **settings) as bot:
        assert await bot.ended() == 2
        assert refused(bot.log, "dask.scheduler: ")


def refused(log: str, beginning: str) -> bool:
    (line,) = [line for line in log.splitlines() if "trusted_network" in line]
    return beginning in line and "Traceback" not in log


async def test_with_tls_or_a_trusted_network_any_address_may_be_used() -> None:
    for section in ({"tls_ca": "ca.pem"}, {"trusted_network": True}):
        await addresses.check_scheduler(DaskSection(scheduler=f"tcp://{ELSEWHERE}:8786", **section))  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1", "tcp://::1:8786", "no address"])
async def test_what_is_no_address_is_told_by_its_setting(address: str) -> None:
    with pytest.raises(ConfigError, match=r"^dask\.scheduler: "):
        await addresses.check_scheduler(DaskSection(scheduler=address))


async def test_a_name_that_leads_elsewhere_later_is_not_used(tmp_path: Path, namespace: tuple[str, ...]) -> None:
    """It cannot be resolved when the worker starts."""
    hosts = Path("/etc/netns", namespace[-1], "hosts")  # which `ip netns exec` has in place of /etc/hosts
    hosts.parent.mkdir(parents=True)
    try:
        hosts.write_text("127.0.0.1 localhost\n")
        settings = {"SOKKURI_DASK__SCHEDULER": "tcp://late.invalid:8786"}
        arguments = ("-c", cluster.PROGRAM, "worker")
        async with cluster.process(tmp_path, "worker", *arguments, inside=namespace, **settings) as worker:
            await worker.says("cannot be reached")
            assert worker.listening() == []
            hosts.write_text(f"{ELSEWHERE} late.invalid\n")
            assert await worker.ended() == 2
            assert refused(worker.log, "dask.scheduler: ")
    finally:
        shutil.rmtree(hosts.parent)


async def test_the_schedulers_of_the_documents_listen_where_they_say(
    tmp_path: Path, namespace: tuple[str, ...]
) -> None:
    """But for an HTTP port that cannot be switched off, and is on loopback."""
    (written,) = re.findall(r"^dask scheduler (--host [^#]+?) *#", (ROOT / "docs/scaling.md").read_text(), re.M)
    compose = yaml.safe_load((ROOT / "deploy/cluster/compose.yaml").read_text())["services"]["scheduler"]["command"]
    assert compose[:2] == ["dask", "scheduler"]
    for options, place in ((shlex.split(written.replace("10.0.0.5", ELSEWHERE)), ELSEWHERE), (compose[2:], "0.0.0.0")):
        arguments = ("-m", "distributed.cli.dask_scheduler", *options)
        async with cluster.process(tmp_path, place, *arguments, inside=namespace) as scheduler:
            await scheduler.says("Scheduler at:")
            heard = scheduler.listening()
            assert (place, 8786) in heard
            assert {host for host, port in heard if port != 8786} == {"127.0.0.1"}
