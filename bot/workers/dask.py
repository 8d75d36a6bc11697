"""What the bot and the workers of a Dask cluster have in common: names, encryption, and `distributed` itself.

Dask's scheduler decides which worker a request goes to, for all bots of the cluster, and notices which workers come and
go. It does so by leases: a lease is a Dask task that does nothing but occupy a worker's slot until the bot that holds
the lease releases it or is gone. The request itself and its answer go straight from the bot to that worker and back. So
no photo passes through the scheduler, or is kept in Dask's memory, on its disk, or in its logs.
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
"""The name of the worker's plugin, and the prefix of the names of leases and resources."""

CALL, ABOUT = "sokkuri_call", "sokkuri_about"
"""The requests that a worker answers: do work, and report its build."""


def load() -> None:
    """Import `distributed` without numpy, which it needs for nothing but buffers, at 12 MB. Raises ConfigError."""
    try:
        with _hidden("numpy"):
            import distributed  # noqa: F401
    except ImportError as error:
        raise ConfigError(f'workers.engine "dask" needs more: pip install "sokkuri[dask]" ({error})') from None
    for name in ("distributed", "distributed.client", "distributed.worker", "distributed.core"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.CRITICAL)  # we notice and log these things ourselves


def security(section: DaskSection) -> Security | None:
    """Encryption, for which each side needs a certificate of the authority `tls_ca`. None: no encryption.

    Raises ConfigError: one of the files does not exist or is invalid.
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
    """The name of Dask's resource for slots of this build, so that a worker of another build gets no request."""
    return f"{PLUGIN}-{build_digest}"


def offer(name: str) -> str:
    """The name of Dask's resource for workers that offer this."""
    return f"{PLUGIN}-offers-{name}"


async def hold_lease(key: str, topic: str) -> None:
    """The Dask task of a lease: publish its worker's address to `topic`, and wait until the lease is released."""
    from distributed import get_worker

    plugin: Any = get_worker().plugins[PLUGIN]  # `Slots` of bot.workers.dask_worker
    await plugin.hold_lease(key, topic)


def without_copy(data: bytes) -> Serialize:
    """Wrap `data` for sending without the copies that `bytes` cost on both sides. It arrives as a memoryview."""
    from distributed.protocol.serialize import to_serialize

    return to_serialize(memoryview(data))


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """During the block, hide `module` as if it were not installed, unless it is loaded already."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
