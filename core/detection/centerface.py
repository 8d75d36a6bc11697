"""CenterFace (Xu et al. 2019, "CenterFace: Joint Face Detection and Alignment Using Face as Point"), in onnxruntime.

One pass over a picture tells, for every fourth pixel, whether it is the centre of a face, how large that is, and where
its eyes, nose and mouth's corners are. It finds profiles, and faces of 20 to about 600 pixels, upright or leaning by up
to about 30 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.contracts import Device, ModelBroken
from core.models.catalog import DETECTOR_FILE, load_catalog
from core.models.device import open_onnx
from core.models.onnx_graph import free_weights
from core.models.store import Store

STEP = 32
"""Width and height of what the network is given must be multiples of it."""

_STRIDE = 4
_MOST_ALIKE = 0.3
"""Intersection over union, and _MOST_INSIDE: intersection over the smaller box, above which two boxes are one face."""
_MOST_INSIDE = 0.65
_CONVERSION = 1
_TOLERANCE = 1e-5
_OUTPUTS = ("537", "538", "539", "540")


@dataclass(frozen=True, eq=False)
class Detection:
    """A face, in pixels of the picture. `centre` (2,) and `size` (2,: width, height): its box, from the hairline to the
    chin, along the face's own axes if the search was tilted; `points` (5, 2): right eye, left eye, tip of the nose,
    right and left corner of the mouth ("right" is the person's own); `score`: 0-1.
    """

    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    points: NDArray[np.float64]
    score: float

    @property
    def scale(self) -> float:
        """Side in pixels of a square as large as the box."""
        return float(np.sqrt(self.size[0] * self.size[1]))

    def moved(self, matrix: NDArray[np.float64]) -> Detection:
        """This face, mapped by a similarity transform (2 x 3)."""
        turn = matrix[:, :2]
        factor = float(np.sqrt(abs(np.linalg.det(turn))))
        return Detection(
            turn @ self.centre + matrix[:, 2], self.size * factor, self.points @ turn.T + matrix[:, 2], self.score
        )


def best_of(detections: list[Detection]) -> list[Detection]:
    """Each face once, by falling score: of boxes that mostly overlap, only the best is kept."""
    if not detections:
        return []
    order = sorted(detections, key=lambda one: -one.score)
    low = np.array([one.centre - one.size / 2 for one in order])
    high = np.array([one.centre + one.size / 2 for one in order])
    areas = np.prod(high - low, axis=1)
    left = np.ones(len(order), dtype=bool)
    kept = []
    for index, one in enumerate(order):
        if left[index]:
            kept.append(one)
            common = np.prod(np.maximum(np.minimum(high, high[index]) - np.maximum(low, low[index]), 0), axis=1)
            alike = common > _MOST_ALIKE * (areas + areas[index] - common)
            left &= ~(alike | (common > _MOST_INSIDE * np.minimum(areas, areas[index])))
    return kept


class CenterFace:
    """The network. `threads`: how many a run may use, 0: as many as there are processors; `device`: where to run it."""

    def __init__(self, path: Path, threads: int, device: Device = "cpu") -> None:
        """`path`: that of `network_file`. Errors: ModelBroken if it is not such a network."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.enable_cpu_mem_arena = False  # it would never release the memory of the largest photo
        options.log_severity_level = 3
        try:
            self._session: Any = open_onnx(path, options, device)
        except Exception as error:  # onnxruntime's errors have no other common base
            raise ModelBroken(DETECTOR_FILE, f"{path} cannot be loaded: {error}") from error
        self._input = self._session.get_inputs()[0].name

    def __call__(self, pictures: NDArray[np.uint8], threshold: float) -> list[list[Detection]]:
        """The faces with a score of at least `threshold` in each of n RGB pictures (uint8, n x h x w x 3)."""
        count, height, width = pictures.shape[:3]
        padded = np.zeros((count, 3, -(-height // STEP) * STEP, -(-width // STEP) * STEP), np.float32)
        padded[:, :, :height, :width] = pictures.transpose(0, 3, 1, 2)
        maps = self._session.run(_OUTPUTS, {self._input: padded})
        return [_read(threshold, *(one[index] for one in maps)) for index in range(count)]


def _read(
    threshold: float,
    scores: NDArray[np.float32],
    sizes: NDArray[np.float32],
    offsets: NDArray[np.float32],
    points: NDArray[np.float32],
) -> list[Detection]:
    rows, columns = np.nonzero(scores[0] >= threshold)
    if len(rows) == 0:
        return []
    found = scores[0, rows, columns]
    height, width = np.exp(np.clip(sizes[:, rows, columns].astype(np.float64), -5, 8)) * _STRIDE
    size = np.stack([width, height], axis=1)
    offset_y, offset_x = offsets[:, rows, columns]
    # the network counts from the outer edge of the first pixel, OpenCV from its centre
    centre = np.stack([columns + offset_x + 0.5, rows + offset_y + 0.5], axis=1).astype(np.float64) * _STRIDE - 0.5
    inside = points[:, rows, columns].reshape(5, 2, -1)[:, ::-1].transpose(2, 0, 1)
    places = inside * size[:, None] + (centre - size / 2)[:, None]
    boxes = np.concatenate([centre - size / 2, size], axis=1)
    # a face answers at many neighbouring places: OpenCV thins them out in native code
    kept = np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), found.tolist(), threshold, _MOST_ALIKE), int).reshape(-1)
    return [Detection(centre[one], size[one], places[one], float(found[one])) for one in kept]


def network_file(store: Store) -> Path:
    """The network with pictures of any number and size, made once of the published file, which has 10 of 32 x 32.

    Raises ModelMissing, ModelBroken.
    """
    source = store.path(DETECTOR_FILE)
    digest = load_catalog().files[DETECTOR_FILE].sha256
    return store.derived(f"centerface-{digest[:16]}-v{_CONVERSION}.onnx", lambda target: _free_sizes(source, target))


def _free_sizes(source: Path, target: Path) -> None:
    import onnx

    try:
        model = onnx.load(source)
    except Exception as error:  # protobuf's errors have no common root but this
        raise ModelBroken(DETECTOR_FILE, f"{source} is no ONNX file: {error}") from error
    free_weights(model)
    for one in (*model.graph.input, *model.graph.output):
        for axis, name in ((0, "n"), (2, "height"), (3, "width")):
            one.type.tensor_type.shape.dim[axis].dim_param = f"{name}_{one.name}"
    onnx.save(model, target)
    _require_same(source, target)


def _require_same(source: Path, target: Path) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (10, 3, STEP, STEP)).astype(np.float32)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    answers = []
    for path in (source, target):
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        answers.append(session.run(_OUTPUTS, {session.get_inputs()[0].name: picture}))
    error = max(float(np.abs(one - other).max()) for one, other in zip(*answers, strict=True))
    if not error <= _TOLERANCE:
        raise ModelBroken(
            DETECTOR_FILE,
            f"the converted network: expected the answers of the original to {_TOLERANCE:g}, found a difference of "
            f"{error:g}; remedy: install the versions of onnx and onnxruntime that constraints.txt names",
        )
