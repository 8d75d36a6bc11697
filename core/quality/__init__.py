"""What is really seen of a face, and what it is fit for."""

from core.quality.cautions import Found, effect, effects, find, told, too_little, undone
from core.quality.cover import seen_parts
from core.quality.detail import sharpness
from core.quality.fitness import fingerprint, flaw
from core.quality.measures import Quality, measure
from core.quality.pose import pose

__all__ = [
    "Found",
    "Quality",
    "effect",
    "effects",
    "find",
    "fingerprint",
    "flaw",
    "measure",
    "pose",
    "seen_parts",
    "sharpness",
    "told",
    "too_little",
    "undone",
]
