"""Checks which addresses of a Dask cluster may be used, and chooses the one where a worker listens.

Dask's messages can carry code, so whoever reaches a scheduler or a worker without TLS can run code there. Without TLS
all of them must therefore be on this machine, unless the settings say that nobody else reaches their network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING

from bot.config import DaskSection
from bot.errors import ConfigError

if TYPE_CHECKING:
    from distributed import Security

CONNECT_SECONDS = 5.0
"""The timeout of one try to reach the scheduler."""


async def check_scheduler(section: DaskSection) -> None:
    """Raise ConfigError if `dask.scheduler` is invalid or may not be used, OSError if its name cannot be resolved."""
    from distributed.comm.addressing import get_address_host_port

    try:
        host, _ = get_address_host_port(section.scheduler)
    except ValueError as error:
        raise ConfigError(f"dask.scheduler: {error}") from None
    await _check(section, "scheduler", host)


async def to_listen_on(section: DaskSection, security: Security | None) -> str:
    """`dask.host`, or if that is "" the address from which this machine reaches the scheduler. IPv6 in brackets.

    Raises ConfigError: it or `dask.scheduler` may not be used; OSError: the scheduler cannot be reached.
    """
    from distributed.comm.addressing import parse_address, unparse_host_port

    await check_scheduler(section)
    if section.host:
        _, host = parse_address(section.host)
        host = host.strip("[]")
    else:
        host = await _local_end(section.scheduler, security)
    try:
        await _check(section, "host", host)
    except OSError as error:
        raise ConfigError(f"dask.host: {host} cannot be resolved ({error.strerror})") from None
    return str(unparse_host_port(host))


async def _local_end(scheduler: str, security: Security | None) -> str:
    """This end of a connection to the scheduler. The routing table does not say which address of a name answers."""
    from distributed.comm.addressing import get_address_host
    from distributed.comm.core import connect

    options = security.get_connection_args("worker") if security else {}
    comm = await connect(scheduler, timeout=CONNECT_SECONDS, **options)
    try:
        return str(get_address_host(comm.local_address))
    finally:
        await comm.close()


async def _check(section: DaskSection, setting: str, host: str) -> None:
    if section.tls_ca or section.trusted_network or await _is_loopback(host):
        return
    raise ConfigError(
        f"dask.{setting}: {host} is not a loopback address, and whoever reaches a scheduler or a worker without TLS "
        "can run code there: set tls_ca, tls_cert and tls_key under [dask], or trusted_network = true if nobody else "
        "reaches that network"
    )


async def _is_loopback(host: str) -> bool:
    """Whether all addresses of a name are loopback addresses. Raises OSError: it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(address[0]).is_loopback for *_, address in found)
