"""What decides the results of a worker: versions and settings. Workers of another build give other answers."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from core.contracts import CoreSettings

LIBRARIES = (
    "sokkuri",
    "distributed",
    "mediapipe",
    "numpy",
    "onnxruntime",
    "opencv-contrib-python",
    "pillow",
    "pillow-heif",
    "scipy",
    "simplejpeg",
    "timm",
    "torch",
)

OF_THE_MACHINE = ("model_folder", "threads", "device")
"""Settings that may differ from one machine to the next, and the results do not, but for the last digits of a GPU's."""

ELSEWHERE = {"onnxruntime": "onnxruntime-gpu"}
"""Other distributions of the same library."""


def of(settings: CoreSettings) -> dict[str, str]:
    """Each thing that matters, by name: `numpy`, `2.4.6`. Settings as JSON."""
    mattering = {name: value for name, value in asdict(settings).items() if name not in OF_THE_MACHINE}
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: _version(name) for name in LIBRARIES},
        **{name: json.dumps(value, sort_keys=True, default=str) for name, value in mattering.items()},
    }


def digest(build: dict[str, str]) -> str:
    """Short, and equal for equal builds."""
    return hashlib.sha256(json.dumps(build, sort_keys=True).encode()).hexdigest()[:12]


def differences(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """In one line, for the log."""
    names = [name for name in {**ours, **theirs} if theirs.get(name) != ours.get(name)]
    return "; ".join(
        f"{name} is {theirs.get(name, 'unknown')} there, {ours.get(name, 'unknown')} here" for name in names
    )


def _version(name: str) -> str:
    try:
        return version(name).partition("+")[0]  # a local part, as +cpu, says where it computes, not what
    except PackageNotFoundError:
        return _version(ELSEWHERE[name]) if name in ELSEWHERE else "none"
