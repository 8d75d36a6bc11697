"""/gradcam on a 12-megapixel JPEG: the whole by method, against the bare library calls and pytorch-grad-cam's own call.

The bare calls decode, detect and encode, and run the network: forward, and back no further than to the first layer that
is looked at; for Score-CAM and occlusion forward in batches. Sokkuri is asked as the bot asks it: the task in a worker
process that is warm, the way there and back included. All take turns.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from statistics import median

import numpy as np
import torch

from benchmarks import tables
from benchmarks.similar import bare_decode, bare_encode, bare_image, bare_landmarker, bare_network, large_photo, timed
from benchmarks.worker import THREADS, asked
from core import heatmap, tasks
from core.answers import gradcam
from core.contracts import CoreSettings, GradcamRequest, HeatmapMethod
from core.engine import Engine
from core.heatmap.occlusion import SPOTS
from core.models.explainable import Explainable
from core.models.torchvision_compat import make_importable
from core.stages import Stopwatch

METHODS: tuple[HeatmapMethod, ...] = ("layercam", "gradcam", "eigencam", "scorecam", "occlusion")
BATCH = 16


def measure(quick: bool) -> tables.Part:
    return asyncio.run(_measure(3 if quick else 11))


async def _measure(rounds: int) -> tables.Part:
    torch.set_num_threads(THREADS)
    photo = large_photo("person_c_1")
    engine = Engine(CoreSettings(threads=THREADS))
    located = engine.locate(photo, Stopwatch())
    crop, embedder = engine.crop(located).pixels, engine.embedder
    target = heatmap.Identity(embedder(crop[np.newaxis])[0], embedder.spec.metric)
    explainable = embedder.explainable()
    landmarker = bare_landmarker()
    passes = bare_passes(explainable, crop, target)
    rows: list[list[tables.Cell]] = []
    figures = {}
    async with asked(heatmaps=True) as worker:
        for method in METHODS:
            request = GradcamRequest(photo, method=method)
            encode = bare_encode(gradcam.answer(engine, request).picture.data)
            library = peer(explainable, crop, method, target)
            kept: list[tuple[float, ...]] = []
            for turn in range((rounds if method not in ("scorecam", "occlusion") else max(rounds // 2, 2)) + 2):
                seconds, result = await worker.timed(tasks.gradcam, request)
                network = timed(passes[method])
                others = (
                    timed(lambda: bare_decode(photo))
                    + timed(lambda: landmarker.detect(bare_image(located.pixels)))
                    + timed(encode)
                )
                own = timed(partial(heatmap.attention, embedder, crop, method, target))
                theirs = timed(library) if library else np.nan
                if turn >= 2:  # the first ones fill caches
                    around = seconds - result.stages["explain"]
                    kept.append((seconds, around, own, network, others + network, theirs, seconds / (others + network)))
            whole, around, own, network, bare, theirs, times = (median(one) for one in zip(*kept, strict=True))
            rows.append(
                [
                    method,
                    *(1000 * value for value in (whole, around, own, network)),
                    *((1000 * theirs, theirs / own) if library else (None, None)),
                    1000 * bare,
                    times,
                ]
            )
            figures[f"{method}, times bare"] = times
            if library:
                figures[f"{method}, times as fast as the library"] = theirs / own
    engine.close()
    columns = (
        *("method", "all", "of it without the map", "the map", "bare passes for it", "pytorch-grad-cam's call"),
        *("times as fast", "bare calls, all", "times the bare calls"),
    )
    about = (
        f"A JPEG of 4032 x 3024 pixels, milliseconds, median of up to {rounds} turns, one thread a network. The maps "
        "are pytorch-grad-cam's, as tests/core/test_heatmap.py proves for each method."
    )
    return tables.Part("/gradcam", [tables.Table(columns, rows, about)], figures=figures)


def bare_passes(
    explainable: Explainable, crop: np.ndarray, target: heatmap.Target
) -> dict[HeatmapMethod, Callable[[], object]]:
    """By method, the passes of the network that it cannot do without."""
    module, planes = explainable.module, explainable.preprocess(crop[np.newaxis])
    network = bare_network()
    first: list[torch.Tensor] = []

    def keep(_layer: object, _input: object, output: torch.Tensor) -> None:
        first[:] = [output]

    explainable.layers[0].register_forward_hook(keep)
    channels = sum(output.shape[1] for output in _outputs(explainable, planes))
    masked = planes.repeat(BATCH, 1, 1, 1)
    many = np.repeat(planes.numpy(), BATCH, axis=0)

    def forward() -> None:
        with torch.no_grad():
            module(planes)

    def forth_and_back() -> None:
        torch.autograd.grad(target(module(planes)[0]), first)

    def many_forward() -> None:
        with torch.inference_mode():
            for start in range(0, channels, BATCH):
                module(masked[: min(BATCH, channels - start)])

    def hidden() -> None:
        for _ in range(0, SPOTS**2, BATCH):
            network(many)

    return {
        "layercam": forth_and_back,
        "gradcam": forth_and_back,
        "eigencam": forward,
        "scorecam": many_forward,
        "occlusion": hidden,
    }


def _outputs(explainable: Explainable, planes: torch.Tensor) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _layer, _input, output: found.append(output)) for layer in explainable.layers
    ]
    with torch.no_grad():
        explainable.module(planes)
    for hook in hooks:
        hook.remove()
    return found


def peer(
    explainable: Explainable, crop: np.ndarray, method: HeatmapMethod, target: heatmap.Target
) -> Callable[[], object] | None:
    """pytorch-grad-cam's call as its manual has it, on a copy of the network as torch has it by itself."""
    make_importable()
    import pytorch_grad_cam as cams

    known = {"layercam": "LayerCAM", "gradcam": "GradCAM", "eigencam": "EigenCAM", "scorecam": "ScoreCAM"}
    if method not in known:
        return None
    module = copy.deepcopy(explainable.module).to(memory_format=torch.contiguous_format)
    names = {layer: name for name, layer in explainable.module.named_modules()}
    layers = [module.get_submodule(names[layer]) for layer in explainable.layers]
    maker = getattr(cams, known[method])

    def call() -> object:
        with redirect_stderr(StringIO()), maker(model=module, target_layers=layers) as cam:
            return cam(explainable.preprocess(crop[np.newaxis]), targets=[target])

    return call
