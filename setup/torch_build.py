"""Decides which build of torch to install, and where from.

On Linux, pip's ordinary torch brings several gigabytes of CUDA, which are of no use without an NVIDIA GPU. PyTorch has
an index of builds for the processor alone, which is asked first.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from setup.torch_index import Index, NoWheel, without_password

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_SIZE = "about 3 GB to download and 5 GB of disk"
"""torch 2.13 for Linux, with CUDA's packages."""

PAIR = ("torch", "torchvision")
"""What there is in builds for the processor and for each version of CUDA."""

Build = Literal["cpu", "cuda"]
LOCAL: Mapping[Build, str] = {"cpu": r"\+cpu", "cuda": r"\+cu\d+"}
"""How the version of such a build ends on PyTorch's indexes, as a pattern."""


@dataclass(frozen=True)
class Machine:
    """`system` and `processor`: as `platform` names them; `python`: 3, 11; `gpu`: see `nvidia_gpu`."""

    system: str
    processor: str
    python: tuple[int, int]
    gpu: str


@dataclass(frozen=True)
class Choice:
    """`requirements`: what pip is to install of PAIR; `why`: where from, how large it is and the reason, in sentences;
    `index`: one for pip to ask as well, "": none; `large`: whether it brings CUDA.
    """

    requirements: Sequence[str]
    why: str
    index: str = ""
    large: bool = False


def nvidia_gpu(root: Path = Path("/"), tool: str = "nvidia-smi") -> str:
    """How an NVIDIA GPU shows: a file under `root`, or what the driver's `tool` lists; "": there is none."""
    devices = sorted(root.glob("dev/nvidia[0-9]*"))
    if devices:
        return str(devices[0])
    library = root / "usr/lib/wsl/lib/libcuda.so.1"
    if library.exists() and (root / "dev/dxg").exists():
        return str(library)
    with suppress(OSError, subprocess.TimeoutExpired):  # the driver makes its devices when they are first used
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, errors="replace", timeout=5, check=False)
        if listed.stdout.startswith("GPU "):
            return listed.stdout.splitlines()[0]
    return ""


def choose(
    pins: Mapping[str, str],
    machine: Machine,
    wanted: Build | None,
    index: str | None,
    pip_settings: Mapping[str, str],
    pip_versions: Callable[[], Container[str]],
    seconds: float,
) -> Choice:
    """Decide, after asking an index and pip where there is something to ask.

    `pins`: the versions of PAIR; `wanted`: the build that the person asks for, None: the one that suits the machine;
    `index`: the one that the person names, "": none, None: PyTorch's, if the CPU build is wanted; `pip_settings`: see
    `Index`; `pip_versions`: asks pip which versions of torch it finds; `seconds`: how long the index
    may take.
    """
    ordinary, usual = f"Installing torch {pins['torch']}", "from where pip takes everything else"
    if machine.system != "Linux":
        name = {"Darwin": "macOS"}.get(machine.system, machine.system)
        return Choice(PAIR, f"{ordinary} {usual}: on {name} it has no CUDA.")
    build: Build = wanted or ("cuda" if machine.gpu else "cpu")
    if wanted:
        reason = f"TORCH is {wanted}"
    else:
        reason = f"there is an NVIDIA GPU ({machine.gpu})" if machine.gpu else "there is no NVIDIA GPU here"
    if index is None and build == "cpu":
        index = CPU_INDEX
    problem = ""
    if index:
        shown = without_password(index)
        asked = Index(index, pip_settings, seconds)
        try:
            torch = asked.find("torch", pins["torch"], LOCAL[build], machine.python, machine.processor)
        except NoWheel as error:
            problem = f"{shown} {error}. "
        else:
            vision = "torchvision"
            with suppress(NoWheel):  # without it, the ordinary torchvision serves
                found = asked.find(vision, pins[vision], LOCAL[build], machine.python, machine.processor)
                vision = f"{vision}=={found.version}"
            size = f"{torch.size / 1e6:.0f} MB to download" if torch.size else "its size is not known"
            why = f"Installing torch {torch.version} from {shown} ({size}), since {reason}."
            return Choice((f"torch=={torch.version}", vision), why, index)
    if build == "cuda":
        return Choice(PAIR, f"{problem}{ordinary} {usual}, with CUDA since {reason}: {CUDA_SIZE}.", large=True)
    cpu = f"{pins['torch']}+cpu"
    if cpu in pip_versions():
        why = f"{problem}Installing torch {cpu} from where pip is set up to find it, since {reason}."
        return Choice((f"torch=={cpu}", "torchvision"), why)
    why = (
        f"{problem}{ordinary} {usual}. A CPU build would do, since {reason}, but there is only the one with CUDA: "
        f"{CUDA_SIZE}. To name another index: `make clean`, then `make TORCH_INDEX=... run`."
    )
    return Choice(PAIR, why, large=True)
