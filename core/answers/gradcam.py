"""What does the network look at in a face?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core import heatmap
from core.answers.numbered import numbered
from core.cards import gradcam as card
from core.contracts import (
    GradcamRequest,
    GradcamResult,
    HeatmapMethod,
    MethodNotInstalled,
    NoSuchDimension,
    TorchMissing,
)
from core.engine import Engine
from core.geometry import invert
from core.photo import encode
from core.stages import Stopwatch


def answer(engine: Engine, request: GradcamRequest) -> GradcamResult:
    watch = Stopwatch()
    spec = engine.embedder.spec
    photo = engine.locate(request.photo, watch).choose(request.face)
    with watch("align"):
        crop = engine.crop(photo)
    method = request.method or spec.heatmap.method
    target_name, target = _target(engine, request, crop.pixels, method, watch)
    if heatmap.METHODS[method].needs_torch:
        with watch("load"):
            _load_network(engine, method)
    with watch("explain"):
        values = heatmap.attention(engine.embedder, crop.pixels, method, target)
    shares = heatmap.regions(values, crop.landmarks)
    with watch("draw"):
        drawn = card.gradcam(
            photo.pixels,
            photo.face,
            values,
            invert(crop.matrix),
            engine.settings.colormap,
            mark=len(photo.faces) > 1,
        )
    with watch("encode"):
        picture = encode(drawn, request.picture_format)
    return GradcamResult(
        model=spec.name,
        method=method,
        target=target_name,
        compared_to=request.compare_to.name if request.compare_to else None,
        regions=shares,
        faces=photo.all_found(),
        face=photo.index,
        numbered=numbered((photo,), request.picture_format, watch) if request.numbered else (),
        picture=picture,
        stages=watch.seconds,
    )


def _load_network(engine: Engine, method: HeatmapMethod) -> None:
    """Load the network in torch. Raises MethodNotInstalled where torch is missing."""
    embedder = engine.embedder
    try:
        embedder.explainable()
    except TorchMissing as error:
        raise MethodNotInstalled(method) from error


def _target(
    engine: Engine, request: GradcamRequest, crop: NDArray[np.uint8], method: HeatmapMethod, watch: Stopwatch
) -> tuple[str, heatmap.Target]:
    """The name of the target as in GradcamResult, and the target itself."""
    metric = engine.embedder.spec.metric
    if request.compare_to is not None:
        other = engine.crop(engine.locate(request.compare_to, watch))
        return "likeness", heatmap.Similarity(engine.embedder(other.pixels[np.newaxis])[0], metric)
    target = engine.embedder.spec.heatmap.target if request.target is None else request.target
    if target == "identity" and not heatmap.METHODS[method].hides_parts:
        return target, heatmap.Identity(None, metric)
    (vector,) = engine.embedder(crop[np.newaxis])
    if target == "identity":
        return target, heatmap.Identity(vector, metric)
    if target == "largest":
        return target, heatmap.Dimension(int(vector.argmax()))
    if not 0 <= target < len(vector):
        raise NoSuchDimension(target, len(vector))
    return str(target), heatmap.Dimension(target)
