"""One network for several processes of a machine. It embeds requests that come at about the same time together.

A GPU is hardly busier with sixteen crops than with one, and every process that uses it takes some of its memory, for
CUDA itself and for a copy of the network.

Crops are sent as bytes: the sender also reads what strangers upload, so a pickle from it would not be safe. Answers
come back as pickles.
"""

from __future__ import annotations

import pickle
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.contracts import Device, SokkuriError, WorkerLost
from core.models.embedder import Embedder
from core.models.spec import ModelSpec

if TYPE_CHECKING:
    from core.models.explainable import Explainable

RUN_SECONDS = 20
"""A run that takes longer hangs, as GPU drivers may: then the process ends, and another should replace it."""

_MOST_BYTES = 1 << 28
_TRIES = 2


@dataclass(frozen=True, eq=False)
class _Embedded:
    """`vectors`: float32 (n, d)."""

    vectors: NDArray[np.float32]
    device: Device


class SharedEmbedder:
    """An Embedder whose network is in another process, which listens at the socket `address`.

    `explain`: see OnnxEmbedder; gradients are computed in this process.
    """

    def __init__(self, spec: ModelSpec, address: str, explain: Callable[[Embedder], Explainable]) -> None:
        self.spec = spec
        self._address = address
        self._explain = explain
        self._explainable: Explainable | None = None
        self._connection: Connection | None = None
        self._asking = threading.Lock()

    @property
    def device(self) -> Device:
        size = self.spec.input_size
        return self._ask(np.empty((0, size, size, 3), np.uint8)).device

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See Embedder. Raises what loading the network raises, and WorkerLost if its process died twice."""
        size = self.spec.input_size
        if crops.dtype != np.uint8 or crops.shape[1:] != (size, size, 3):
            raise ValueError(f"expected uint8 crops (n, {size}, {size}, 3), found {crops.dtype} {crops.shape}")
        return self._ask(crops).vectors

    def explainable(self) -> Explainable:
        """This network in torch. Loads torch on the first call. Raises ModelError."""
        if self._explainable is None:
            self._explainable = self._explain(self)
        return self._explainable

    def _ask(self, crops: NDArray[np.uint8]) -> _Embedded:
        with self._asking:
            answer = self._answer(crops.tobytes())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer(self, crops: bytes) -> _Embedded | Exception:
        for _ in range(_TRIES):
            try:
                if self._connection is None:
                    self._connection = _connected(self._address)
                self._connection.send_bytes(crops)
                return pickle.loads(self._connection.recv_bytes())  # type: ignore[no-any-return]
            except (EOFError, OSError):  # it died; connecting waits for the next one
                if self._connection is not None:
                    self._connection.close()
                self._connection = None
        return WorkerLost("died")


def _connected(address: str) -> Connection:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        return Connection(client.detach())


class SharedNetwork:
    """The other side: runs the network of `load` for all who connect to `listener`, until `parent` ends.

    The first crops of all wait for `window` seconds for those of others.
    """

    def __init__(
        self, listener: socket.socket, parent: Connection, load: Callable[[], Embedder], window: float
    ) -> None:
        self._listener = listener
        self._parent = parent
        self._load = load
        self._window = window
        self._clients: set[Connection] = set()
        self._network: Embedder | None = None

    def serve(self) -> None:
        """A process of its own is to do nothing else: see RUN_SECONDS."""
        while asked := self._asked():
            signal.alarm(RUN_SECONDS if self._network is not None else 0)
            answers = self._answers(asked)
            signal.alarm(0)
            for client, answer in answers.items():
                try:
                    client.send_bytes(pickle.dumps(answer))
                except OSError:
                    self._drop(client)

    def _asked(self) -> Mapping[Connection, bytes]:
        """Crops by who asks for them: at least one, but when all is over; at most one of each who is connected."""
        asked: dict[Connection, bytes] = {}
        end = None
        while not asked or len(asked) < len(self._clients):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            for one in wait([self._listener, self._parent, *(self._clients - asked.keys())], left):
                if one is self._parent:
                    return {}
                if one is self._listener:
                    self._clients.add(Connection(self._listener.accept()[0].detach()))
                    continue
                assert isinstance(one, Connection)
                try:
                    asked[one] = one.recv_bytes(_MOST_BYTES)
                except (EOFError, OSError):
                    self._drop(one)
            if asked and end is None:
                end = time.monotonic() + self._window
        return asked

    def _answers(self, asked: Mapping[Connection, bytes]) -> dict[Connection, _Embedded | Exception]:
        try:
            if self._network is None:
                self._network = self._load()
            size = self._network.spec.input_size
            crops = [np.frombuffer(data, np.uint8).reshape(-1, size, size, 3) for data in asked.values()]
            vectors = np.split(self._network(np.concatenate(crops)), np.cumsum([len(some) for some in crops[:-1]]))
            return {client: _Embedded(some, self._network.device) for client, some in zip(asked, vectors, strict=True)}
        except SokkuriError as error:
            return dict.fromkeys(asked, error)
        except Exception as error:  # the runtime's own may not survive the way
            return dict.fromkeys(asked, RuntimeError(f"{type(error).__name__}: {error}"))

    def _drop(self, client: Connection) -> None:
        self._clients.discard(client)
        client.close()
