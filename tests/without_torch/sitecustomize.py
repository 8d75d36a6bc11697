"""Makes torch, and what needs it, missing in every process that has this folder in PYTHONPATH."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec

MISSING = ("onnx2torch", "timm", "torch", "torchvision")


class Missing:
    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


sys.meta_path.insert(0, Missing)
