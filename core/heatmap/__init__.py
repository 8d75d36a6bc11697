"""Crop -> attention map -> shares by region of the face; and for a pair, which regions make them alike."""

from core.heatmap.evidence import Evidence, evidence, hide
from core.heatmap.methods import METHODS, attention
from core.heatmap.occlusion import blurred
from core.heatmap.regions import on_photo, region_labels, regions
from core.heatmap.targets import Dimension, Identity, Similarity, Target

__all__ = [
    "METHODS",
    "Dimension",
    "Evidence",
    "Identity",
    "Similarity",
    "Target",
    "attention",
    "blurred",
    "evidence",
    "hide",
    "on_photo",
    "region_labels",
    "regions",
]
