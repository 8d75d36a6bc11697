"""What the bot and the workers of a Dask cluster have in common: names, encryption, and `distributed` itself.

Dask's scheduler decides which worker a request goes to, for all bots of the cluster, and sees who comes and goes. It
does so by leases: a lease is a Dask task that does nothing, and whoever has it has the worker's slot that it takes up
until he gives it back, or is no more. The request itself and its answer go straight from the bot to that worker and
back. So no photo passes the scheduler, or is kept in Dask's memory, on its disk, or in its logs.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.config import DaskSection
from bot.errors import ConfigError

if TYPE_CHECKING:
    from distributed import Security
    from distributed.protocol.serialize import Serialize

PLUGIN = "sokkuri"
"""Name of the worker's plugin, and the beginning of the names of leases and resources."""

CALL, ABOUT = "sokkuri_call", "sokkuri_about"
"""What a worker can be asked: to do work, and of which build it is."""


def load() -> None:
    """Import `distributed`, without numpy: it would only take its buffers from there, for 12 MB. Raises ConfigError."""
    try:
        with _hidden("numpy"):
            import distributed  # noqa: F401
    except ImportError as error:
        raise ConfigError(f'workers.engine "dask" needs more: pip install "sokkuri[dask]" ({error})') from None
    for name in ("distributed", "distributed.client", "distributed.worker", "distributed.core"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.CRITICAL)  # what it warns of, we see and say ourselves


def security(section: DaskSection) -> Security | None:
    """Encryption, with each side showing a certificate of the authority `tls_ca`. None: neither is asked for.

    Raises ConfigError: one of the files is not there, or is not what it should be.
    """
    if not section.tls_ca:
        return None
    from distributed import Security

    files = {"tls_cert": section.tls_cert, "tls_key": section.tls_key}
    found = Security(
        require_encryption=True,
        tls_ca_file=section.tls_ca,
        **{
            f"{kind.replace('tls_', f'tls_{role}_')}": file
            for kind, file in files.items()
            for role in ("client", "worker")
        },
    )
    try:
        found.get_connection_args("worker")
    except (OSError, ValueError) as error:
        raise ConfigError(f"dask.tls_ca, dask.tls_cert or dask.tls_key cannot be used: {error}") from None
    return found


def slots(build_digest: str) -> str:
    """The resource that a slot of this build is to Dask. So a worker of another build is never asked."""
    return f"{PLUGIN}-{build_digest}"


def offer(name: str) -> str:
    """The resource that a worker has which offers this."""
    return f"{PLUGIN}-offers-{name}"


async def hold_lease(key: str, topic: str) -> None:
    """The task that a lease is. Tell those who listen to `topic` where, and stay until the lease is given back."""
    from distributed import get_worker

    plugin: Any = get_worker().plugins[PLUGIN]  # `Slots` of bot.workers.dask_worker
    await plugin.hold_lease(key, topic)


def without_copy(data: bytes) -> Serialize:
    """To be sent as it is; in a message as `bytes` it would be copied on either side. It comes as a memoryview."""
    from distributed.protocol.serialize import to_serialize

    return to_serialize(memoryview(data))


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """As if `module` were not installed, unless it is loaded already."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
