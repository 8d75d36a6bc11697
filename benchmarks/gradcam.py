"""/gradcam on a 12-megapixel JPEG: seconds by stage, and explaining against the bare passes of the network.

Occlusion cannot be had for less than its crops through the network, nor a gradient method for less than one pass
forward and one backward. Both sides run in turns in one process.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np
import torch

from benchmarks.similar import THREADS, Stages, large_photo, timed
from core import heatmap
from core.contracts import CoreSettings, GradcamRequest, HeatmapMethod
from core.heatmap.attention import SPOTS
from core.pipeline import Pipeline, Stopwatch

ROUNDS = 10
METHODS: tuple[HeatmapMethod, ...] = ("occlusion", "layercam", "gradcam")


def main() -> None:
    torch.set_num_threads(THREADS)
    photo = large_photo("person_c_1")
    pipeline = Pipeline(CoreSettings(threads=THREADS))
    crop = pipeline.crop(pipeline.locate(photo, Stopwatch()))
    explainable = pipeline.embedder.explainable()
    target = heatmap.Identity(pipeline.embedder(crop[np.newaxis])[0], pipeline.embedder.spec.metric)
    many = np.repeat(crop[np.newaxis], SPOTS**2, axis=0)

    def both_ways() -> None:
        target(explainable.module(explainable.preprocess(crop[np.newaxis]))[0]).backward()

    def bare(method: HeatmapMethod) -> float:
        return timed(both_ways if heatmap.by_gradient(method) else lambda: pipeline.embedder(many))

    print(f"\n/gradcam, a JPEG of 4032 x 3024 pixels, median of {ROUNDS} runs, one thread a network\n")
    print("| method | decode, detect, align, ms | explain, ms | bare passes, ms | draw, encode, ms | all, ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for method in METHODS:
        whole: list[float] = []
        ours: list[Stages] = []
        theirs: list[float] = []
        for turn in range(ROUNDS + 2):
            start = time.perf_counter()
            result = pipeline.gradcam(GradcamRequest(photo, method=method))
            seconds = time.perf_counter() - start
            least = bare(method)
            if turn >= 2:  # the first ones fill caches
                whole.append(seconds)
                ours.append(result.stages)
                theirs.append(least)
        columns = [
            median(run["decode"] + run["detect"] + run["align"] for run in ours),
            median(run["explain"] for run in ours),
            median(theirs),
            median(run["draw"] + run["encode"] for run in ours),
            median(whole),
        ]
        print(f"| {method} | {' | '.join(f'{1000 * value:.1f}' for value in columns)} |")
    pipeline.close()
