"""Tasks for the tests of workers and jobs: real functions for real processes."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import stages
from core.contracts import CoreSettings, LookalikesRequest, ModelMissing, NoFace, Photo, Skipped, TooFewFaces


def warm(settings: CoreSettings) -> None:
    """Nothing to load."""


def warm_up_badly(settings: CoreSettings) -> None:
    """Says so by a line in the file that stands for the folder of models."""
    with Path(str(settings.model_folder)).open("a") as starts:
        starts.write("started\n")
    raise ModelMissing("dlib", "not there")


def die_at_the_start(settings: CoreSettings) -> None:
    with Path(str(settings.model_folder)).open("a") as starts:
        starts.write("started\n")
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_the_first_start(settings: CoreSettings) -> None:
    starts = Path(str(settings.model_folder))
    if not starts.exists():
        starts.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def die_unless_the_first(settings: CoreSettings) -> None:
    """Says so by a line in the file that stands for the folder of models."""
    with Path(str(settings.model_folder)).open("a+") as starts:
        fcntl.flock(starts, fcntl.LOCK_EX)
        starts.seek(0)
        first = not starts.read()
        starts.write("started\n")
    if not first:
        os.kill(os.getpid(), signal.SIGKILL)


def warm_up_slowly_but_for_the_first(settings: CoreSettings) -> None:
    starts = Path(str(settings.model_folder))
    try:
        starts.touch(exist_ok=False)
    except FileExistsError:
        time.sleep(3600)


def warm_up_for_ever(settings: CoreSettings) -> None:
    time.sleep(3600)


def pid(settings: CoreSettings, request: object) -> int:
    return os.getpid()


def threads(settings: CoreSettings, request: object) -> int:
    return settings.threads


def echo(settings: CoreSettings, request: bytes) -> bytes:
    return request


def no_face(settings: CoreSettings, request: str) -> None:
    raise NoFace(request)


def odd_error(settings: CoreSettings, request: str) -> None:
    class Odd(Exception):
        """Cannot be pickled."""

    raise Odd(request)


def die(settings: CoreSettings, request: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash(settings: CoreSettings, request: object) -> None:
    ctypes.string_at(0)


def die_while_answering(settings: CoreSettings, request: object) -> bytes:
    """A long answer, and a thread that ends the process once part of it is in the pipe."""
    main = threading.main_thread().ident

    def watch() -> None:
        while sys._current_frames()[main].f_code.co_name != "_send":  # type: ignore[index]
            time.sleep(0)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    return bytes(200_000_000)


def leave(settings: CoreSettings, request: object) -> None:
    raise SystemExit(3)


def chatter(settings: CoreSettings, request: Path) -> None:
    with request.open("x") as begun:
        begun.write(str(os.getpid()))
    while True:
        stages.enter("decode", "x" * 100_000)


def sleep(settings: CoreSettings, request: Path) -> int:
    """Tell that the work has begun by making the file, then work on and on, in one stage."""
    return _sleep(request, lambda: None)


def _sleep(begun: Path, each_time: Callable[[], None]) -> int:
    """For as long as its parent lives, so that nothing is left of a test that kills that."""
    parent = os.getppid()
    begun.write_text(str(os.getpid()))
    while os.getppid() == parent:
        each_time()
        time.sleep(0.05)
    return 0


def until(settings: CoreSettings, request: Path) -> int:
    """Work until the file is gone."""
    while request.exists():
        time.sleep(0.01)
    return os.getpid()


def limits(settings: CoreSettings, request: object) -> dict[str, int]:
    return {name: resource.getrlimit(getattr(resource, name))[0] for name in dir(resource) if name.startswith("RLIMIT")}


def environment(settings: CoreSettings, request: object) -> dict[str, str]:
    return dict(os.environ)


def fill_memory(settings: CoreSettings, request: object) -> int:
    """Until there is no more."""
    held = []
    while True:
        held.append(bytearray(16 << 20))


def share(settings: CoreSettings, request: tuple[str, int, Path]) -> None:
    """Hold so many bytes of memory that could be shared until the file is gone."""
    kind, size, while_there = request
    held = []
    for _ in range(size >> 24):
        file = os.memfd_create("shared") if kind == "memfd" else -1
        if kind == "memfd":
            os.truncate(file, 1 << 24)
        held.append(mmap.mmap(file, 1 << 24))
        held[-1].write(bytes(1 << 24))
        if kind == "memfd":
            os.close(file)
    until(settings, while_there)


_KEPT: list[bytearray] = []


def keep(settings: CoreSettings, request: int) -> int:
    """Hold so many more bytes from now on."""
    _KEPT.append(bytearray(b"x") * request)
    return os.getpid()


def write(settings: CoreSettings, request: tuple[Path, int]) -> None:
    path, size = request
    with path.open("wb") as out:
        out.truncate(size)


def spin_for_ever(settings: CoreSettings, request: Path) -> None:
    """In C, where no Python code can be reached, as a decoder would."""
    request.write_text(str(os.getpid()))
    sum(iter(int, 1))


def stages_in_turn(settings: CoreSettings, request: int) -> int:
    """As many stages, of a fifth of a second each."""
    for number in range(request):
        stages.enter(f"stage {number}", "me.jpg")
        time.sleep(0.2)
    return request


def hang_in_a_stage(settings: CoreSettings, request: str) -> None:
    stages.enter("decode", request)
    time.sleep(3600)


@dataclass(frozen=True)
class Looked:
    """`names` of the photos, and those that were left out."""

    names: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()


def _harm(how: bytes) -> None:
    match how:
        case b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"hang":
            time.sleep(3600)
        case b"fill memory":
            raise MemoryError
        case _ if how.startswith(b"once "):
            marker = Path(how.removeprefix(b"once ").decode())
            if not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)


def look(settings: CoreSettings, request: LookalikesRequest) -> Looked:
    """At one photo after the other. What is in each says what happens then."""
    for photo in request.photos:
        stages.enter("decode", photo.name)
        _harm(photo.data)
    return Looked(tuple(photo.name for photo in request.photos))


def look_for_two(settings: CoreSettings, request: LookalikesRequest) -> Looked:
    looked = look(settings, request)
    if len(looked.names) < 2:
        raise TooFewFaces(len(looked.names), 2)
    return looked


def look_at_all(settings: CoreSettings, request: LookalikesRequest) -> Looked:
    """At all photos together."""
    stages.enter("embed")
    for photo in request.photos:
        _harm(photo.data)
    return Looked(tuple(photo.name for photo in request.photos))


@dataclass(frozen=True)
class Pair:
    first: Photo
    second: Photo


def look_at_pair(settings: CoreSettings, request: Pair) -> Looked:
    return look(settings, LookalikesRequest((request.first, request.second)))


def gradcam(settings: CoreSettings, request: object) -> int:
    """By its name, a task that needs what not every worker offers."""
    return os.getpid()


def die_in_a_stage(settings: CoreSettings, request: str) -> None:
    stages.enter("decode", request)
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_the_first_time(settings: CoreSettings, request: Path) -> int:
    if request.exists():
        return os.getpid()
    return sleep_while_asked(settings, request)


def sleep_while_asked(settings: CoreSettings, request: Path) -> int:
    """As `sleep`, but it can be told to drop its work."""
    return _sleep(request, lambda: stages.enter("sleep"))


def tell_and_wait(settings: CoreSettings, request: Path) -> int:
    """Work until the file, which is there already, is gone."""
    request.write_text(str(os.getpid()))
    return until(settings, request)


def sleep_in_a_stage(settings: CoreSettings, request: Path) -> int:
    """The photo of the stage has the file's name."""
    stages.enter("detect", request.name)
    return sleep(settings, request)


_kept: list[bytearray] = []


def leave_holes(settings: CoreSettings, request: object) -> None:
    """200 MB are free, but not at the end of the heap."""
    blocks = [bytearray(1000) for _ in range(200_000)]
    _kept.extend([*blocks[::1000], blocks[-1]])


remembered: list[str] = []


def remember(settings: CoreSettings, what: str) -> None:
    remembered.append(what)


def all_remembered(settings: CoreSettings, request: None) -> list[str]:
    return list(remembered)


def forget() -> None:
    remembered.clear()
