"""The build of a worker: the versions and settings that its results depend on."""

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
"""Settings that may differ between machines: they change results only in the last digits, on a GPU."""

ELSEWHERE = {"onnxruntime": "onnxruntime-gpu"}
"""Other distributions of the same library, by name."""


def of(settings: CoreSettings) -> dict[str, str]:
    """The versions and settings that matter, by name: `numpy`, `2.4.6`. Settings are JSON."""
    mattering = {name: value for name, value in asdict(settings).items() if name not in OF_THE_MACHINE}
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: _version(name) for name in LIBRARIES},
        **{name: json.dumps(value, sort_keys=True, default=str) for name, value in mattering.items()},
    }


def digest(build: dict[str, str]) -> str:
    """A short hash, equal for equal builds."""
    return hashlib.sha256(json.dumps(build, sort_keys=True).encode()).hexdigest()[:12]


def differences(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """The differences in one line, for the log."""
    names = [name for name in {**ours, **theirs} if theirs.get(name) != ours.get(name)]
    return "; ".join(
        f"{name} is {theirs.get(name, 'unknown')} there, {ours.get(name, 'unknown')} here" for name in names
    )


def _version(name: str) -> str:
    try:
        return version(name).partition("+")[0]  # a local part such as +cpu says where it computes, not what
    except PackageNotFoundError:
        return _version(ELSEWHERE[name]) if name in ELSEWHERE else "none"
