"""Imports mediapipe without matplotlib, which it needs only for drawing.

matplotlib takes more than half of the import's time and a third of its memory: 0.6 s and 30 MB in each worker.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType


def load() -> None:
    """Call this before anything imports mediapipe. If matplotlib is loaded already, it stays."""
    package, pyplot = ModuleType("matplotlib"), ModuleType("matplotlib.pyplot")
    package.__dict__["pyplot"] = pyplot
    absent = {} if "matplotlib" in sys.modules else {module.__name__: module for module in (package, pyplot)}
    sys.modules.update(absent)
    try:
        importlib.import_module("mediapipe.tasks.python.vision")
    finally:
        for name in absent:
            del sys.modules[name]
