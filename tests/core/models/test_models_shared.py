"""core.models.shared: one network for many, over real sockets, with the real model."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.contracts import ModelChoice, ModelMissing, WorkerLost
from core.models import loading, resolve, shared
from core.models.embedder import Embedder
from core.models.shared import SharedEmbedder, SharedNetwork
from core.models.store import default_folder

LONG = 60.0
SPEC = resolve(ModelChoice())
SIZE = SPEC.input_size


class Recorded:
    """A network, and how many crops it was given each time."""

    def __init__(self, network: Embedder) -> None:
        self.network = network
        self.spec = network.spec
        self.device = network.device
        self.batches: list[int] = []

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.batches.append(len(crops))
        return self.network(crops)


@pytest.fixture(scope="module")
def alone() -> Embedder:
    return loading.load(ModelChoice(), default_folder(), threads=2)


@contextmanager
def served(address: Path, load: Callable[[], object]) -> Iterator[SharedNetwork]:
    ours, theirs = multiprocessing.Pipe()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        network = SharedNetwork(listener, theirs, load, window=0)  # type: ignore[arg-type]
        thread = threading.Thread(target=network.serve)
        thread.start()
        try:
            yield network
        finally:
            ours.close()
            thread.join()
            theirs.close()


def asking_at(address: Path) -> SharedEmbedder:
    return SharedEmbedder(SPEC, str(address), lambda _: pytest.fail("no gradients here"))


def connected(address: Path, count: int) -> list[SharedEmbedder]:
    all_of_them = [asking_at(address) for _ in range(count)]
    assert [one.device for one in all_of_them] == ["cpu"] * count
    return all_of_them


def crops_of(count: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def test_what_several_ask_at_once_is_one_batch_and_each_gets_its_own(tmp_path: Path, alone: Embedder) -> None:
    recorded = Recorded(alone)
    with served(tmp_path / "network", lambda: recorded) as network, ThreadPoolExecutor(3) as pool:
        three = connected(tmp_path / "network", 3)
        network._window = LONG  # which is over when all have asked
        recorded.batches.clear()
        given = [crops_of(count, count) for count in (3, 1, 2)]
        for _ in range(3):
            found = list(pool.map(lambda one, crops: one(crops), three, given))
            for vectors, crops in zip(found, given, strict=True):
                assert vectors.dtype == np.float32
                np.testing.assert_allclose(vectors, alone(crops), atol=1e-5)
        assert recorded.batches == [6, 6, 6]
        network._window = 0
        assert three[0](crops_of(0, 0)).shape == (0, alone(crops_of(1, 0)).shape[1])


def test_nobody_waits_longer_than_the_window_or_for_one_who_is_gone(tmp_path: Path, alone: Embedder) -> None:
    with served(tmp_path / "network", lambda: alone) as network:
        first, second = connected(tmp_path / "network", 2)
        network._window = 0.05
        assert len(first(crops_of(2, 0))) == 2  # though the second asks for nothing
        network._window = 1e9
        assert second._connection is not None
        second._connection.close()
        assert len(first(crops_of(2, 0))) == 2


def test_a_network_that_cannot_be_loaded_says_why_and_is_tried_again(tmp_path: Path, alone: Embedder) -> None:
    turns = iter([ModelMissing("dlib", "not there"), OSError("what a driver says"), None])

    def load() -> Embedder:
        if (error := next(turns)) is not None:
            raise error
        return alone

    with served(tmp_path / "network", load):
        asking = asking_at(tmp_path / "network")
        with pytest.raises(ModelMissing, match="not there"):
            asking(crops_of(1, 0))
        with pytest.raises(RuntimeError, match="what a driver says"):
            asking(crops_of(1, 0))
        assert len(asking(crops_of(1, 0))) == 1


@pytest.mark.parametrize("crops", [np.zeros((1, SIZE, SIZE, 3), np.float32), np.zeros((1, 7, 7, 3), np.uint8)])
def test_crops_of_another_kind_are_refused(crops: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="expected uint8 crops"):
        asking_at(Path("unused"))(crops)


def test_one_that_is_gone_for_good_is_a_lost_worker(tmp_path: Path, alone: Embedder) -> None:
    with served(tmp_path / "network", lambda: alone):
        (asking,) = connected(tmp_path / "network", 1)
    with pytest.raises(WorkerLost):
        asking(crops_of(1, 0))


class Hanging(Recorded):
    """Its second run never ends, and that one alone has little time, so that a busy machine does not end the first."""

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        while self.batches:
            threading.Event().wait()
        vectors = super().__call__(crops)
        shared.RUN_SECONDS = 1
        return vectors


def _hang(listener: socket.socket, parent: Connection) -> None:
    SharedNetwork(listener, parent, lambda: Hanging(loading.load(ModelChoice(), default_folder(), 1)), 0).serve()  # type: ignore[arg-type]


def test_a_run_that_hangs_ends_its_process(tmp_path: Path) -> None:
    address = tmp_path / "network"
    ours, theirs = multiprocessing.Pipe()
    with socket.socket(socket.AF_UNIX) as listener, ours, theirs:
        listener.bind(str(address))
        listener.listen()
        start = partial(multiprocessing.get_context("spawn").Process, target=_hang, args=(listener, theirs))
        process = start()
        process.start()
        asking = asking_at(address)
        assert len(asking(crops_of(1, 0))) == 1
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(asking, crops_of(2, 0))
            process.join()
            assert process.exitcode == -signal.SIGALRM
            second = start()
            second.start()
            assert len(answer.result()) == 2  # it asked again, and the next one answered
            ours.close()
            second.kill()
            second.join()
