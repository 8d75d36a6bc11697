"""Tasks for the tests of workers and jobs: real functions for real processes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

from core.contracts import CoreSettings, NoFace


def warm(settings: CoreSettings) -> None:
    """Nothing to load."""


def warm_up_badly(settings: CoreSettings) -> None:
    raise NoFace("warm.jpg")


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


def sleep(settings: CoreSettings, request: Path) -> int:
    """Tell that the work has begun by making the file, then work on and on."""
    request.write_text(str(os.getpid()))
    time.sleep(3600)
    return 0


def until(settings: CoreSettings, request: Path) -> int:
    """Work until the file is gone."""
    while request.exists():
        time.sleep(0.01)
    return os.getpid()
