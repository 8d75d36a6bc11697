"""Crop -> attention map -> shares by region of the face; and for a pair, which regions carry the likeness."""

from core.heatmap.attention import attention, blurred, by_gradient, by_hiding
from core.heatmap.evidence import Evidence, evidence, hide
from core.heatmap.regions import on_photo, region_labels, regions
from core.heatmap.targets import Dimension, Identity, Likeness, Target

__all__ = [
    "Dimension",
    "Evidence",
    "Identity",
    "Likeness",
    "Target",
    "attention",
    "blurred",
    "by_gradient",
    "by_hiding",
    "evidence",
    "hide",
    "on_photo",
    "region_labels",
    "regions",
]
