"""Faces in photos, from Python: how alike two are, what the network looks at, and the average of many.

    import sokkuri

    sokkuri.compare("anna.jpg", "bella.jpg").percent
    sokkuri.heatmap("anna.jpg").image.save("heatmap.png")
    sokkuri.average(["anna.jpg", "bella.jpg", "carla.jpg"]).image.save("average.png")

A photo is a path, the bytes of a file, a numpy array or a PIL image (`PhotoLike`). Results are frozen; their `image` is
a PIL image, which a notebook shows by itself. What is wrong with a photo is raised as a `PersonError` with a note on
what to do next. The first call loads the models, and they are kept. All photos stay on this machine.
"""

from __future__ import annotations

from core.contracts import (
    Caution,
    Fault,
    ModelChoice,
    NoFace,
    PersonError,
    PhotoError,
    Skipped,
    SokkuriError,
    TooFewFaces,
    Unrecognisable,
)
from sokkuri.api import average, compare, embedding, faces, heatmap
from sokkuri.inputs import PhotoLike
from sokkuri.results import Average, Comparison, FoundFace, Heatmap

__all__ = [
    "Average",
    "Caution",
    "Comparison",
    "Fault",
    "FoundFace",
    "Heatmap",
    "ModelChoice",
    "NoFace",
    "PersonError",
    "PhotoError",
    "PhotoLike",
    "Skipped",
    "SokkuriError",
    "TooFewFaces",
    "Unrecognisable",
    "average",
    "compare",
    "embedding",
    "faces",
    "heatmap",
]
