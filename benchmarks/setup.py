"""A newcomer's first command: `make demo` in a fresh clone with an empty home, and what it leaves behind.

    python -m benchmarks.setup [machine] [cpu --wheels FOLDER] [silent] [--keep NAME]...

`machine`: torch as the set-up decides by itself; `cpu`: from an index on the loopback address that serves the CPU
build in FOLDER; `silent`: with an index that takes connections and never answers. The environment is PATH and HOME
alone, and the variables that are named by --keep, such as pip's. What was committed last is measured, from the files of
this checkout. Bytes fetched are counted at the network interfaces of the machine, so run nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

import psutil

from benchmarks.machine import description
from benchmarks.tables import Part, Table, markdown

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 15
SCENARIOS = {
    "machine": "as the machine decides",
    "cpu": "an index that has the CPU build",
    "silent": "an index that never answers",
}


@dataclass(frozen=True)
class Measured:
    """`first_answer`, `seconds`: from the start of `make demo` to its first picture, and to its end; `processor`: the
    seconds that processors worked until then; sizes in bytes.

    `packages`: what lies in site-packages, by the name of its file or folder; `torch`: its version, "": not installed.
    """

    first_answer: float
    seconds: float
    processor: float
    fetched: int
    environment: int
    models: int
    other_files_in_home: int
    packages: Mapping[str, int]
    torch: str


def measure(environment: Mapping[str, str]) -> Measured:
    """Run `make demo` in a clone with these further variables. Raises RuntimeError if it fails, or answers nothing."""
    with tempfile.TemporaryDirectory(prefix="sokkuri-setup-") as folder:
        checkout, home = Path(folder, "checkout"), Path(folder, "home")
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, checkout], check=True)
        variables = {"PATH": os.environ["PATH"], "HOME": str(home), **environment}
        received, processor, started = _received(), _processor(), time.monotonic()
        first_answer = None
        with subprocess.Popen(
            ["make", "demo"], cwd=checkout, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                print(f"{time.monotonic() - started:6.1f}  {line}", end="", flush=True)
                if first_answer is None and line.strip().startswith("-> "):
                    first_answer = time.monotonic() - started
        seconds = time.monotonic() - started
        if running.returncode or first_answer is None:
            raise RuntimeError(f"make demo ended with status {running.returncode}")
        (packages,) = (checkout / ".venv" / "lib").glob("python3*/site-packages")
        cache = home / ".cache" / "sokkuri"
        return Measured(
            first_answer,
            seconds,
            _processor() - processor,
            _received() - received,
            _size(checkout / ".venv"),
            _size(cache),
            _size(home) - _size(cache),
            {entry.name: _size(entry) for entry in packages.iterdir()},
            "".join(entry.name.split("-")[1].removesuffix(".dist") for entry in packages.glob("torch-*.dist-info")),
        )


def _received() -> int:
    """Bytes that came so far from other machines, and from the index on the loopback address."""
    counters = psutil.net_io_counters(pernic=True)
    return sum(counter.bytes_recv for name, counter in counters.items() if name != "lo") + Serving.sent


def _processor() -> float:
    """Seconds of all processors that processes started here have used, once they have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _size(path: Path) -> int:
    """What a file, or a folder with all that is in it, takes of the disk."""
    return sum(one.lstat().st_blocks * 512 for one in (path, *path.rglob("*")) if os.path.lexists(one))


class Serving(SimpleHTTPRequestHandler):
    """Serves a folder as PEP 503 wants it, a folder for each project with links to its files, and counts the bytes."""

    sent = 0

    def copyfile(self, source: BinaryIO, outputfile: BinaryIO) -> None:  # type: ignore[override]
        super().copyfile(source, outputfile)
        Serving.sent += source.tell()

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@contextmanager
def serving(wheels: Path) -> Iterator[str]:
    """The address of an index of these wheels."""
    with tempfile.TemporaryDirectory(prefix="sokkuri-index-") as folder:
        for wheel in wheels.glob("*.whl"):
            project = Path(folder, wheel.name.partition("-")[0])
            project.mkdir(exist_ok=True)
            (project / wheel.name).symlink_to(wheel.resolve())
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Serving, directory=folder)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()


@contextmanager
def silent() -> Iterator[str]:
    """The address of an index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def part(measured: Mapping[str, Measured]) -> Part:
    """The figures of each scenario, and what is largest in each."""
    tables = [
        Table(
            ["", *measured],
            [
                ["first answer, s", *(round(one.first_answer) for one in measured.values())],
                ["end of `make demo`, s", *(round(one.seconds) for one in measured.values())],
                ["processors at work, s", *(round(one.processor) for one in measured.values())],
                ["fetched, MB", *(megabytes(one.fetched) for one in measured.values())],
                ["`.venv`, MB", *(megabytes(one.environment) for one in measured.values())],
                ["models, MB", *(megabytes(one.models) for one in measured.values())],
                ["other files in the home, MB", *(megabytes(one.other_files_in_home) for one in measured.values())],
                ["torch", *(one.torch or "not installed" for one in measured.values())],
            ],
        )
    ]
    for title, one in measured.items():
        largest = sorted(one.packages.items(), key=lambda item: -item[1])[:LARGEST]
        tables.append(Table([f"in `.venv`: {title}", "MB"], [[name, megabytes(size)] for name, size in largest]))
    return Part("A fresh set-up", tables, [description()])


def megabytes(size: int) -> int:
    return round(size / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.setup")
    parser.add_argument("scenarios", nargs="*", choices=SCENARIOS, default=["machine"])
    parser.add_argument("--wheels", type=Path, help="a folder with a CPU build of torch, for `cpu`")
    parser.add_argument("--keep", action="append", default=[], metavar="NAME", help="a variable to keep")
    arguments = parser.parse_args()
    if "cpu" in arguments.scenarios and not arguments.wheels:
        parser.error("cpu needs --wheels")
    kept = {name: os.environ[name] for name in arguments.keep}
    measured = {}
    for scenario in arguments.scenarios:
        title = SCENARIOS[scenario]
        print(f"== {title}", flush=True)
        if scenario == "machine":
            measured[title] = measure(kept)
            continue
        with serving(arguments.wheels) if scenario == "cpu" else silent() as index:
            measured[title] = measure(kept | {"TORCH_INDEX": index})
    print(markdown(part(measured)))


if __name__ == "__main__":
    main()
