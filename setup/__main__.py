"""Installs Sokkuri and what it needs into the environment whose Python runs this: `python -m setup STEP`."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from typing import cast, get_args

from setup import packages
from setup.packages import PipFailed
from setup.torch_build import PAIR, Build, Machine, choose, nvidia_gpu
from setup.torch_index import SECONDS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m setup", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("base", help="Sokkuri, and the libraries of everything that works without torch")
    torch = steps.add_parser("torch", help="torch and what needs it; TORCH and TORCH_INDEX: see CONTRIBUTING.md")
    torch.add_argument("--unless-large", action="store_true", help="not if only the build with CUDA can be had")
    torch.add_argument("--seconds", type=float, default=SECONDS, help="that an index of torch has to answer")
    steps.add_parser("extra", help="one of the extras in pyproject.toml").add_argument("name")
    arguments = parser.parse_args()
    try:
        if arguments.step == "base":
            install_base()
        elif arguments.step == "torch":
            install_torch(arguments.seconds, unless_large=arguments.unless_large)
        else:
            install_extra(arguments.name)
    except (PipFailed, OSError) as error:
        sys.exit(f"The set-up failed: {error}")


def install_base() -> None:
    print("Installing the libraries of everything that works without torch (up to 280 MB to download).", flush=True)
    build_system = packages.project()["build-system"]["requires"]
    packages.install(*build_system, *packages.without_torch())
    packages.install("--no-deps", "--no-build-isolation", "-e", str(packages.ROOT))


def install_torch(seconds: float, *, unless_large: bool) -> None:
    """Install torch and what needs it, or say what works without it. For both arguments see the command line."""
    pins, names = packages.pins(), packages.needing_torch()
    if all((packages.installed(name) or "").partition("+")[0] == pins[name] for name in names):
        return
    wanted = os.environ.get("TORCH") or None
    if wanted not in (None, *get_args(Build)):
        sys.exit(f"TORCH is {wanted}; it can be {' or '.join(get_args(Build))}.")
    choice = choose(
        pins,
        Machine(platform.system(), platform.machine(), sys.version_info[:2], nvidia_gpu()),
        cast("Build | None", wanted),
        os.environ.get("TORCH_INDEX"),
        packages.pip_settings(),
        lambda: packages.pip_versions("torch"),
        seconds,
    )
    if choice.large and unless_large:
        print(f"The demo needs no torch, and only a large build can be had. `make run` will do this:\n{choice.why}")
        return
    print(choice.why, flush=True)
    further = ["--extra-index-url", choice.index] if choice.index else []
    try:
        packages.install(*further, *choice.requirements, *(name for name in names if name not in PAIR))
        if problem := import_problem("torch"):
            raise PipFailed(problem)
    except (PipFailed, OSError) as error:
        if packages.installed("torch") is None or import_problem("torch"):
            packages.remove(names)
        print(
            f"torch could not be installed: {error}\n"
            "Everything works without it but the other heatmap methods than occlusion, and models of kind timm. To try "
            "again, when there is room on the disk and the index can be reached: `make torch`.",
            file=sys.stderr,
        )
    else:
        print(f"Installed torch {packages.installed('torch')}.")


def import_problem(name: str) -> str:
    """Why the module cannot be imported, "": it can be."""
    done = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, text=True, check=False)
    if not done.returncode:
        return ""
    last = (done.stderr.strip().splitlines() or [f"Python ended with status {done.returncode}"])[-1]
    return f"it cannot be imported: {last}"


def install_extra(name: str) -> None:
    if packages.installed("torch") is None:
        sys.exit(f"Install torch first, with `make torch`: otherwise pip brings any build of it along with {name}.")
    print(f"Installing the tools of the extra {name}.", flush=True)
    packages.install(f"sokkuri[{name}]")


main()
