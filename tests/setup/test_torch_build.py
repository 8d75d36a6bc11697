"""Which build of torch the set-up takes, and what it says about it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import indexes
import pytest

from setup.torch_build import Build, Choice, Machine, choose, nvidia_gpu
from setup.torch_index import SECONDS

PINS = {"torch": "2.13.0", "torchvision": "0.28.0"}
PLAIN = ("torch", "torchvision")
LINUX = Machine("Linux", "x86_64", (3, 11), gpu="")
WITH_GPU = replace(LINUX, gpu="/dev/nvidia0")
TAGS = "cp311-cp311-manylinux_2_28_x86_64"
SOON = 0.5
"""Seconds that a bad index gets here: none ever answers, however long one waits."""


def decide(
    index: str | None,
    machine: Machine = LINUX,
    wanted: Build | None = None,
    seconds: float = 60,
    pip_finds: Sequence[str] = ("2.13.0",),
) -> Choice:
    return choose(PINS, machine, wanted, index, {}, lambda: pip_finds, seconds)


def test_the_cpu_build_where_there_is_no_gpu(tmp_path: Path) -> None:
    wheel = indexes.wheel(tmp_path, "torch", "2.13.0+cpu", TAGS)
    with indexes.serving(indexes.pages_of(wheel)) as index:
        found = decide(index)
    assert found.requirements == ("torch==2.13.0+cpu", "torchvision")
    assert found.index == index
    assert (
        found.why == f"Installing torch 2.13.0+cpu from {index} (0 MB to download), since there is no NVIDIA GPU here."
    )


def test_torchvision_of_the_same_build_if_there_is_one(tmp_path: Path) -> None:
    wheels = [indexes.wheel(tmp_path, name, f"{PINS[name]}+cpu", TAGS) for name in PINS]
    with indexes.serving(indexes.pages_of(*wheels)) as index:
        assert decide(index).requirements == ("torch==2.13.0+cpu", "torchvision==0.28.0+cpu")


def test_the_size_is_what_the_index_says(tmp_path: Path) -> None:
    wheel = indexes.wheel(tmp_path, "torch", "2.13.0+cpu", TAGS)
    with wheel.open("ab") as file:
        file.truncate(12_400_000)
    with indexes.serving(indexes.pages_of(wheel)) as index:
        assert "(12 MB to download)" in decide(index).why


@pytest.mark.parametrize(
    ("version", "tags"),
    [
        ("2.12.0+cpu", TAGS),
        ("2.13.0+cu130", TAGS),
        ("2.13.0+cpu", TAGS.replace("311", "312")),
        ("2.13.0+cpu", TAGS.replace("x86_64", "aarch64")),
        ("2.13.0+cpu", "cp311-cp311-win_amd64"),
    ],
)
def test_another_wheel_does_not_count(tmp_path: Path, version: str, tags: str) -> None:
    with indexes.serving(indexes.pages_of(indexes.wheel(tmp_path, "torch", version, tags))) as index:
        found = decide(index)
    assert (found.requirements, found.index) == (PLAIN, "")
    assert f"{index} has no such build of torch 2.13.0 for Python 3.11 on x86_64. " in found.why
    assert "about 3 GB" in found.why


def test_an_index_without_torch() -> None:
    with indexes.serving({}) as index:
        found = decide(index)
    assert (found.requirements, found.index) == (PLAIN, "")
    assert f"{index} answered 404 Not Found. " in found.why


def test_an_index_that_is_not_there() -> None:
    with indexes.silent() as index:
        pass
    found = decide(index)
    assert (found.requirements, found.index) == (PLAIN, "")
    assert f"{index} cannot be reached (" in found.why


@pytest.mark.parametrize("bad", [indexes.silent, indexes.dripping])
def test_nothing_waits_for_an_index_that_does_not_answer(bad: Callable[[], AbstractContextManager[str]]) -> None:
    assert SECONDS == 3
    with bad() as index:
        found = decide(index, seconds=SOON)
    assert (found.requirements, found.index) == (PLAIN, "")
    assert f"{index} did not answer within {SOON:g} seconds. " in found.why


def test_the_cuda_build_where_there_is_a_gpu_or_somebody_wants_it() -> None:
    for machine, wanted, reason in (
        (WITH_GPU, None, "since there is an NVIDIA GPU (/dev/nvidia0)"),
        (LINUX, "cuda", "since TORCH is cuda"),
    ):
        found = decide(None, machine, wanted)
        assert (found.requirements, found.index) == (PLAIN, "")
        assert reason in found.why
        assert "about 3 GB" in found.why


def test_the_cpu_build_beside_a_gpu_if_somebody_wants_it(tmp_path: Path) -> None:
    wheel = indexes.wheel(tmp_path, "torch", "2.13.0+cpu", TAGS)
    with indexes.serving(indexes.pages_of(wheel)) as index:
        found = decide(index, WITH_GPU, "cpu")
    assert found.requirements[0] == "torch==2.13.0+cpu"
    assert found.why.endswith("since TORCH is cpu.")


def test_an_index_of_a_cuda_build(tmp_path: Path) -> None:
    wheels = [indexes.wheel(tmp_path, "torch", f"2.13.0+{local}", TAGS) for local in ("cpu", "cu126")]
    with indexes.serving(indexes.pages_of(*wheels)) as index:
        assert decide(index, WITH_GPU).requirements[0] == "torch==2.13.0+cu126"
        assert decide(index, LINUX).requirements[0] == "torch==2.13.0+cpu"


def test_without_an_index_none_is_asked() -> None:
    found = decide("")
    assert (found.requirements, found.index, found.large) == (PLAIN, "", True)
    assert found.why.startswith("Installing torch 2.13.0 from where pip takes everything else.")


def test_a_cpu_build_that_pip_itself_finds_is_the_next_best() -> None:
    with indexes.silent() as index:
        found = decide(index, seconds=SOON, pip_finds=["2.13.0+cpu", "2.13.0"])
    assert (found.requirements, found.index, found.large) == (("torch==2.13.0+cpu", "torchvision"), "", False)
    assert found.why == (
        f"{index} did not answer within {SOON:g} seconds. Installing torch 2.13.0+cpu from where pip is set up to find "
        "it, since there is no NVIDIA GPU here."
    )


def test_macos_asks_no_index() -> None:
    with indexes.silent() as index:
        found = decide(index, Machine("Darwin", "arm64", (3, 13), gpu=""), seconds=60)
    assert (found.requirements, found.index) == (PLAIN, "")
    assert "on macOS it has no CUDA" in found.why


def test_the_name_and_the_password_of_an_index_are_sent_and_not_shown(tmp_path: Path) -> None:
    asked: list[tuple[str, str, str | None]] = []
    wheel = indexes.wheel(tmp_path, "torch", "2.13.0+cpu", TAGS)
    with indexes.serving(indexes.pages_of(wheel), asked) as index:
        found = decide(index.replace("//", "//anna:s3cret@"))
    assert found.index == index.replace("//", "//anna:s3cret@")  # pip needs them, too
    assert "s3cret" not in found.why
    assert index in found.why
    assert {authorization for _, _, authorization in asked} == {"Basic " + base64.b64encode(b"anna:s3cret").decode()}


@pytest.mark.parametrize("by", ["environment", "pip"])
def test_proxies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    wheel = indexes.wheel(tmp_path, "torch", "2.13.0+cpu", TAGS)
    pages = {f"http://torch.invalid{path}": page for path, page in indexes.pages_of(wheel).items()}
    with indexes.serving(pages) as proxy:
        if by == "environment":
            monkeypatch.setenv("http_proxy", proxy)
        settings = {"proxy": proxy} if by == "pip" else {}
        found = choose(PINS, LINUX, None, "http://torch.invalid", settings, lambda: [], 60)
    assert found.requirements[0] == "torch==2.13.0+cpu"


def test_a_gpu_shows_by_its_device_its_library_or_its_tool(tmp_path: Path) -> None:
    nothing, device, wsl, tool = (tmp_path / name for name in ("nothing", "device", "wsl", "tool"))
    for file in (
        device / "dev/nvidia3",
        device / "dev/nvidiactl",
        wsl / "dev/dxg",
        wsl / "usr/lib/wsl/lib/libcuda.so.1",
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    nothing.mkdir()
    (nothing / "dev").mkdir()
    (nothing / "dev/nvidiactl").touch()  # the driver alone
    missing = str(tmp_path / "nonesuch")
    assert nvidia_gpu(nothing, missing) == ""
    assert nvidia_gpu(device, missing) == str(device / "dev/nvidia3")
    assert nvidia_gpu(wsl, missing) == str(wsl / "usr/lib/wsl/lib/libcuda.so.1")
    for said, found in (
        ("echo 'GPU 0: NVIDIA H200 (UUID: GPU-1)'", "GPU 0: NVIDIA H200 (UUID: GPU-1)"),
        ("echo 'No devices were found'; exit 6", ""),
        ("echo 'NVIDIA-SMI has failed'; exit 9", ""),
    ):
        tool.write_text(f"#!/bin/sh\n{said}\n")
        tool.chmod(0o755)
        assert nvidia_gpu(nothing, str(tool)) == found
