"""Imports mediapipe without matplotlib, with which it draws what nobody here asks for.

matplotlib would take more than half of the time and a third of the memory that the import takes: 0.6 s and 30 MB in
each worker.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType


def load() -> None:
    """To be called before anything that imports mediapipe. Where matplotlib is loaded already, it stays."""
    package, pyplot = ModuleType("matplotlib"), ModuleType("matplotlib.pyplot")
    package.__dict__["pyplot"] = pyplot
    absent = {} if "matplotlib" in sys.modules else {module.__name__: module for module in (package, pyplot)}
    sys.modules.update(absent)
    try:
        importlib.import_module("mediapipe.tasks.python.vision")
    finally:
        for name in absent:
            del sys.modules[name]
