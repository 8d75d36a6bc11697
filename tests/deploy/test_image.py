"""The image's build finds what it copies."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_all_that_the_dockerfile_copies_reaches_the_build() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = [line.split()[1:-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    copied = {source for sources in copies for source in sources if not sources[0].startswith("--")}
    assert copied
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)
