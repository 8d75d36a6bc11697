"""/similar on two 12-megapixel JPEGs: time by stage, and the whole against the sum of the bare library calls.

The bare calls do the unavoidable arithmetic and nothing else: Pillow decodes at the size that is needed, MediaPipe
finds the landmarks, onnxruntime runs the network on crops that are ready, Pillow encodes a card that is drawn. Sokkuri
is asked as the bot asks it: the task in a worker process, the way there and back included. Both take turns, so that a
noisy machine is as unkind to the one as to the other.
"""

from __future__ import annotations

import asyncio
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

from benchmarks import tables
from benchmarks.worker import THREADS, asked
from core import tasks
from core.answers import similar
from core.contracts import REGIONS, CoreSettings, ModelChoice, Photo, SimilarRequest
from core.engine import LONG_SIDE, Engine
from core.heatmap.evidence import SPOTS
from core.models import loading
from core.models.catalog import LANDMARKS_FILE
from core.models.normalise import normalise
from core.models.onnx_embedder import OnnxEmbedder
from core.models.store import Store, default_folder
from core.photo import decode
from core.stages import Stopwatch

FACES = Path(__file__).parents[1] / "sandbox" / "faces"

Stages = Mapping[str, float]


def measure(quick: bool) -> tables.Part:
    return asyncio.run(_measure(5 if quick else 25))


async def _measure(rounds: int) -> tables.Part:
    photos = large_photo("person_c_1"), large_photo("person_f_1")
    engine = Engine(CoreSettings(threads=THREADS))
    bare = bare_calls(engine, photos)
    ways = {"with why": SimilarRequest(*photos), "without why": SimilarRequest(*photos, explain=False)}
    whole: dict[str, list[float]] = {way: [] for way in ways}
    stages: dict[str, list[Stages]] = {way: [] for way in ways}
    theirs: list[Stages] = []
    async with asked() as worker:
        for turn in range(rounds + 3):
            taken = {way: await worker.timed(tasks.similar, request) for way, request in ways.items()}
            other = {name: timed(call) for name, call in bare.items()}
            if turn >= 3:  # the first ones fill caches
                for way, (seconds, result) in taken.items():
                    whole[way].append(seconds)
                    stages[way].append({**result.stages, WAY: seconds - sum(result.stages.values())})
                theirs.append(other)
    engine.close()

    least = {"with why": bare.keys() - {"encode, no why"}, "without why": bare.keys() - {"explain", "encode"}}
    rows: list[list[tables.Cell]] = []
    for stage in stages["with why"][0]:
        bare_stage = 1000 * median(run[stage] for run in theirs) if stage in bare else None
        ours = [1000 * median(run[stage] for run in stages[way]) if stage in stages[way][0] else None for way in stages]
        rows.append([stage, *ours, bare_stage])
    times = {
        way: median(
            mine / sum(other[name] for name in least[way]) for mine, other in zip(whole[way], theirs, strict=True)
        )
        for way in ways
    }
    rows.append(["**all**", *(1000 * median(whole[way]) for way in ways), None])
    rows.append(
        [
            "the bare calls for it",
            *(1000 * median(sum(run[name] for name in least[way]) for run in theirs) for way in ways),
            None,
        ]
    )
    rows.append(["**times the bare calls**", *times.values(), None])
    sizes = " and ".join(f"{len(photo.data) / 1e6:.1f} MB" for photo in photos)
    about = (
        f"Two JPEGs of 4032 x 3024 pixels ({sizes}), milliseconds, median of {rounds} turns, one thread a network. "
        'The bare passes of *embed* leave out the mirror images; those of *explain* are the 50 that "why" takes.'
    )
    table = tables.Table(("stage", "Sokkuri", "Sokkuri, without why", "bare calls"), rows, about)
    return tables.Part("/similar", [table], figures={f"times bare, {way}": value for way, value in times.items()})


WAY = "to the worker and back"


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


def camera_photo(name: str, width: int, height: int) -> Photo:
    """The photo of `large_photo` at another size."""
    large = Image.open(BytesIO(large_photo(name).data))
    out = BytesIO()
    large.resize((width, height), Image.Resampling.LANCZOS).save(out, "JPEG", quality=92)
    return Photo(f"{name}.jpg", out.getvalue())


def bare_decode(photo: Photo) -> np.ndarray:
    image = Image.open(BytesIO(photo.data))
    image.draft("RGB", (LONG_SIDE, LONG_SIDE * 3 // 4))
    return np.array(image)


def bare_landmarker(faces: int = 1) -> vision.FaceLandmarker:
    return vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(Store(default_folder()).path(LANDMARKS_FILE))),
            num_faces=faces,
        )
    )


def bare_image(pixels: np.ndarray) -> mediapipe.Image:
    """It copies the pixels. To find a face in an array takes that, too, so it belongs to the bare calls."""
    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)


def bare_network() -> Callable[[np.ndarray], object]:
    """The default model's network, for crops that are normalised."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    embedder = loading.load(ModelChoice(), default_folder(), THREADS)
    assert isinstance(embedder, OnnxEmbedder)
    session = onnxruntime.InferenceSession(embedder.path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda planes: session.run(None, {name: planes})


def bare_encode(picture: bytes) -> Callable[[], object]:
    """Of a card that was drawn and encoded before."""
    card = Image.fromarray(decode(Photo("card", picture), CoreSettings().limits).pixels)
    return lambda: card.save(BytesIO(), "JPEG", quality=92, subsampling="4:4:4")


def bare_calls(engine: Engine, photos: tuple[Photo, Photo]) -> Mapping[str, Callable[[], object]]:
    """By stage, what the libraries need for the same two photos and one card."""
    located = [engine.locate(photo, Stopwatch()) for photo in photos]
    landmarker, network = bare_landmarker(), bare_network()
    crops = normalise(engine.embedder.spec, np.stack([engine.crop(photo).pixels for photo in located]))
    # of each photo the whole crop and those with a region or a spot hidden
    hidden = [np.repeat(crop[np.newaxis], 1 + len(REGIONS) + SPOTS**2, axis=0) for crop in crops]
    cards = [similar.answer(engine, SimilarRequest(*photos, explain=why)).picture.data for why in (True, False)]
    return {
        "decode": lambda: [bare_decode(photo) for photo in photos],
        "detect": lambda: [landmarker.detect(bare_image(photo.pixels)) for photo in located],
        "embed": lambda: network(crops),
        "explain": lambda: [network(one) for one in hidden],
        "encode": bare_encode(cards[0]),
        "encode, no why": bare_encode(cards[1]),
    }
