"""Package indexes on the loopback address: good ones and bad ones."""

from __future__ import annotations

import hashlib
import socket
import threading
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def wheel(folder: Path, project: str, version: str, tags: str, content: bytes = b"") -> Path:
    """A wheel that installs a module with this content."""
    about = f"{project}-{version}.dist-info"
    files = {
        f"{project}/__init__.py": content,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n".encode(),
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tags}\n".encode(),
    }
    record = f"{about}/RECORD"
    lines = [f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items()]
    path = folder / f"{project}-{version}-{tags}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(record, "".join([*lines, f"{record},,\n"]))
    return path


def _digest(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@contextmanager
def serving(pages: Mapping[str, bytes], asked: list[tuple[str, str, str | None]] | None = None) -> Iterator[str]:
    """Serves `pages` by their paths, and 404 for all else. `asked`: is filled with method, path and authorization."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append((self.command, self.path, self.headers["Authorization"]))
            page = pages.get(self.path)
            if page is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(page)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def pages_of(*wheels: Path) -> dict[str, bytes]:
    """The pages of an index (PEP 503) with these wheels, and the wheels."""
    pages: dict[str, bytes] = {}
    for path in wheels:
        project = path.name.partition("-")[0]
        escaped = path.name.replace("+", "%2B")
        link = (
            f'<a href="../files/{escaped}#sha256={hashlib.sha256(path.read_bytes()).hexdigest()}">{path.name}</a><br>\n'
        )
        pages[f"/{project}/"] = pages.get(f"/{project}/", b"<!DOCTYPE html>\n") + link.encode()
        pages[f"/files/{escaped}"] = path.read_bytes()
    return pages


@contextmanager
def silent() -> Iterator[str]:
    """Takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def dripping() -> Iterator[str]:
    """Answers with a byte now and then, and never comes to an end."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n")
                while not ended.wait(0.05):
                    connection.sendall(b" ")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        thread.join()
