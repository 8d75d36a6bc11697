"""/similar on two 12-megapixel JPEGs: seconds by stage, and the whole against the sum of the bare library calls.

The bare calls do the unavoidable arithmetic and nothing else: Pillow decodes at the size that is needed, MediaPipe
finds the landmarks, onnxruntime runs the network on crops that are ready, Pillow encodes a card that is drawn. Both
sides run in turns in one process, so that a noisy machine is as unkind to the one as to the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from statistics import median

import mediapipe
import numpy as np
import onnxruntime
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions
from PIL import Image

from core.contracts import REGIONS, CoreSettings, Photo, SimilarRequest
from core.heatmap.evidence import SPOTS
from core.models.normalise import normalise
from core.models.store import Store, default_folder
from core.photo import decode
from core.pipeline import LANDMARKS_FILE, LONG_SIDE, Pipeline, Stopwatch

FACES = Path(__file__).parents[1] / "tests" / "faces"
ROUNDS = 25
THREADS = 1

Stages = Mapping[str, float]


def main() -> None:
    photos = large_photo("person_c_1"), large_photo("person_f_1")
    pipeline = Pipeline(CoreSettings(threads=THREADS))
    request = SimilarRequest(*photos)
    bare = bare_calls(pipeline, photos)
    whole: list[float] = []
    ours: list[Stages] = []
    theirs: list[Stages] = []
    for turn in range(ROUNDS + 3):
        start = time.perf_counter()
        result = pipeline.similar(request)
        seconds = time.perf_counter() - start
        other = {name: timed(call) for name, call in bare.items()}
        if turn >= 3:  # the first ones fill caches
            whole.append(seconds)
            ours.append(result.stages)
            theirs.append(other)
    pipeline.close()

    sizes = " and ".join(f"{len(photo.data) / 1e6:.1f} MB" for photo in photos)
    print(f"\n/similar, two JPEGs of 4032 x 3024 pixels ({sizes}), median of {ROUNDS} runs, one thread a network\n")
    print("| stage | Sokkuri, ms | bare calls, ms |")
    print("| --- | ---: | ---: |")
    for stage in ours[0]:
        bare_ms = f"{1000 * median(run[stage] for run in theirs):.1f}" if stage in bare else ""
        print(f"| {stage} | {1000 * median(run[stage] for run in ours):.1f} | {bare_ms} |")
    total, least = median(whole), median(sum(run.values()) for run in theirs)
    print(f"| **all** | **{1000 * total:.1f}** | **{1000 * least:.1f}** |")
    ratio = median(mine / sum(other.values()) for mine, other in zip(whole, theirs, strict=True))
    print(f"\nSokkuri takes **{ratio:.2f} times** the sum of the bare calls.")


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def large_photo(name: str) -> Photo:
    """A face of nobody as a telephone's camera would have it: 12 megapixels, with the noise of a sensor."""
    face = Image.open(FACES / f"{name}.jpg").resize((2400, 2400), Image.Resampling.BICUBIC)
    canvas = np.full((3024, 4032, 3), face.getpixel((10, 10)), dtype=np.uint8)
    canvas[312:2712, 800:3200] = np.asarray(face)
    noise = np.random.default_rng(0).normal(0, 4, canvas.shape)
    out = BytesIO()
    noisy = np.clip(canvas + noise, 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(out, "JPEG", quality=92)
    return Photo(f"{name}.jpg", out.getvalue())


def bare_calls(pipeline: Pipeline, photos: tuple[Photo, Photo]) -> Mapping[str, Callable[[], object]]:
    """By stage, what the libraries need for the same two photos and one card."""
    located = [pipeline.locate(photo, Stopwatch()) for photo in photos]
    landmarker = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(Store(default_folder()).path(LANDMARKS_FILE))), num_faces=1
        )
    )
    images = [mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=photo.pixels) for photo in located]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    graph = next(default_folder().glob("dlib-resnet-*.onnx"))
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    crops = normalise(pipeline.embedder.spec, np.stack([pipeline.crop(photo) for photo in located]))
    feed = {session.get_inputs()[0].name: crops}
    # of each photo the whole crop and those with a region or a spot hidden
    hidden = [
        {session.get_inputs()[0].name: np.repeat(crop[np.newaxis], 1 + len(REGIONS) + SPOTS**2, axis=0)}
        for crop in crops
    ]
    card_file = Photo("card", pipeline.similar(SimilarRequest(*photos)).picture.data)
    card = Image.fromarray(decode(card_file, CoreSettings().limits).pixels)

    def load(photo: Photo) -> np.ndarray:
        image = Image.open(BytesIO(photo.data))
        image.draft("RGB", (LONG_SIDE, LONG_SIDE * 3 // 4))
        return np.asarray(image)

    return {
        "decode": lambda: [load(photo) for photo in photos],
        "detect": lambda: [landmarker.detect(image) for image in images],
        "embed": lambda: session.run(None, feed),
        "explain": lambda: [session.run(None, one) for one in hidden],
        "encode": lambda: card.save(BytesIO(), "JPEG", quality=92, subsampling="4:4:4"),
    }
