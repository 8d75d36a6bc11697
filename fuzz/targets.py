"""The targets: each takes any bytes, and raises where something else happens than its room promises."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, suppress
from pathlib import Path

Target = Callable[[bytes], None]


@contextmanager
def photos() -> Iterator[Target]:
    """A picture, or an error about the photo."""
    import numpy as np

    from core.contracts import Limits, Photo, PhotoError
    from core.photo import decode

    limits = Limits(file_bytes=1 << 20, pixels=1 << 20)

    def target(data: bytes) -> None:
        with suppress(PhotoError):
            pixels = decode(Photo("photo", data), limits, long_side=8 + len(data) % 64).pixels
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3

    yield target


@contextmanager
def dlib() -> Iterator[Target]:
    """Weights, or an error about the model's file."""
    from core.contracts import ModelBroken
    from core.models.dlib_resnet.weights import read_weights

    def target(data: bytes) -> None:
        with suppress(ModelBroken):
            read_weights(data, "model")

    yield target


@contextmanager
def calibration() -> Iterator[Target]:
    """Settings of a model, or an error about them."""
    from core.contracts import ModelChoice, ModelMisconfigured
    from core.models.catalog import resolve

    handle, name = tempfile.mkstemp(suffix=".toml")
    os.close(handle)
    file = Path(name)
    choice = ModelChoice("dlib", {"calibration": name})

    def target(data: bytes) -> None:
        file.write_bytes(data)
        with suppress(ModelMisconfigured):
            resolve(choice)

    try:
        yield target
    finally:
        file.unlink()


@contextmanager
def gateway() -> Iterator[Target]:
    """The sandbox goes on with the connection, or closes it by one of Discord's codes; others can still connect."""
    import aiohttp

    from sandbox import Sandbox

    loop = asyncio.new_event_loop()
    faults: list[BaseException] = []

    class Faults(logging.Handler):
        """aiohttp logs what a handler raises."""

        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1]:
                faults.append(record.exc_info[1])

    server_log = logging.getLogger("aiohttp.server")
    server_log.addHandler(Faults())
    server_log.propagate = False
    loop.set_exception_handler(lambda _, context: faults.append(context.get("exception") or RuntimeError(str(context))))

    open_ = AsyncExitStack()

    async def start() -> tuple[Sandbox, aiohttp.ClientSession]:
        return await open_.enter_async_context(Sandbox()), await open_.enter_async_context(aiohttp.ClientSession())

    sandbox, session = loop.run_until_complete(start())

    async def talk(data: bytes) -> None:
        identifier = next(iter(sandbox.gateway._sessions), "none")
        messages = data.replace(b"TOKEN", sandbox.token.encode()).replace(b"SESSION", identifier.encode()).split(b"\n")
        async with session.ws_connect(sandbox.gateway.url, params={"v": "10"}) as socket:
            for message in messages[:8]:
                with suppress(aiohttp.ClientConnectionError):
                    await socket.send_str(message.decode("utf-8", "replace"))
            with suppress(aiohttp.ClientConnectionError):
                await socket.send_str('{"op": 1, "d": "last"}')
            await _until_answered(socket)
            assert not socket.closed or socket.close_code in range(4000, 5000), socket.close_code
        assert sandbox.gateway.ready in (True, False)

    async def _until_answered(socket: aiohttp.ClientWebSocketResponse) -> None:
        beats = 0
        before = sandbox.gateway.heartbeats
        while not socket.closed:
            received = await socket.receive(timeout=10)
            if received.type is not aiohttp.WSMsgType.TEXT:
                return
            beats += received.json()["op"] == 11
            if beats and beats >= sandbox.gateway.heartbeats - before:
                return

    def target(data: bytes) -> None:
        faults.clear()
        loop.run_until_complete(talk(data))
        if faults:
            raise faults[0]

    try:
        yield target
    finally:
        loop.run_until_complete(open_.aclose())
        loop.close()


TARGETS: dict[str, Callable[[], AbstractContextManager[Target]]] = {
    "photos": photos,
    "dlib": dlib,
    "calibration": calibration,
    "gateway": gateway,
}
"""Each makes its target ready, for the time of a block."""
