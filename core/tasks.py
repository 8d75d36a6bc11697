"""The jobs that others submit: bytes in, bytes and numbers out, picklable.

Importing this module costs nothing: what is heavy is imported where a task runs, which is in a worker. A process
keeps one engine, with its models, for the settings it was last asked to use.

Most questions take one task. An average takes several, since its photos may go to many processes, a few at a time, and
only the caller can tell which faces are new among all of them:

    each process                                       the caller

    average_open    start a sum, or continue one
    average_look    photos -> their faces       --->   picks the faces that are new
    average_take    add those faces             <---
          ...       (look and take again, batch by batch)
    average_close   -> the sum                  --->   collects the sums
    average_finish  all sums -> the answer      <---

`average_look` can take the faces of the previous batch itself (`AverageBatch.taken`). `average_end` closes the last sum
and finishes in one task; `average_all` does everything up to the sum in one process. If sums keep every face (see
`keeps_every_face`), these tasks can run in any process before `average_finish`:

    average_people  all faces -> the person in each         if each person counts once
    average_weigh   kept faces and weights -> a total       if each person counts once
    average_rows    a band of all faces -> its pixels       for every method but the mean
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from core.contracts import (
    AverageBatch,
    AveragedFace,
    AverageRequest,
    AverageResult,
    AverageRows,
    AverageSoFar,
    AverageStart,
    AverageSum,
    AverageWeigh,
    CoreSettings,
    Devices,
    GradcamRequest,
    GradcamResult,
    LookalikesRequest,
    LookalikesResult,
    ModelCard,
    Photo,
    Picture,
    PictureFormat,
    ShrinkRequest,
    SimilarRequest,
    SimilarResult,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from socket import socket

    from core.answers.average import OpenAverage
    from core.answers.evaluate import Evaluated
    from core.engine import Engine


def similar(settings: CoreSettings, request: SimilarRequest) -> SimilarResult:
    from core.answers import similar

    return similar.answer(_process.engine(settings), request)


def gradcam(settings: CoreSettings, request: GradcamRequest) -> GradcamResult:
    from core.answers import gradcam

    return gradcam.answer(_process.engine(settings), request)


def lookalikes(
    settings: CoreSettings, request: LookalikesRequest, progress: Callable[[int, int], None] | None = None
) -> LookalikesResult:
    """`progress` is called with the photos that were read, and all there are."""
    from core.answers import lookalikes

    return lookalikes.answer(_process.engine(settings), request, progress)


def evaluate(
    settings: CoreSettings,
    photos: Iterable[Photo],
    pairs: Sequence[tuple[int, int]],
    same: Sequence[bool],
    groups: Sequence[str] | None = None,
    picture_format: PictureFormat | None = None,
    progress: Callable[[], None] | None = None,
) -> Evaluated:
    """See `core.answers.evaluate.answer`."""
    from core.answers import evaluate

    return evaluate.answer(_process.engine(settings), photos, pairs, same, groups, picture_format, progress)


def average_open(settings: CoreSettings, start: AverageStart) -> None:
    """Start a sum in this process, or continue one."""
    from core.answers.average import OpenAverage

    _process.average = OpenAverage(_process.engine(settings), start)


def average_look(settings: CoreSettings, batch: AverageBatch) -> AverageSoFar:
    """The fit faces of these photos, without a sum. The others are skipped."""
    average = _process.opened()
    if batch.taken:
        average.take(batch.taken)
    return average.look(batch)


def average_take(settings: CoreSettings, chosen: Sequence[bool]) -> None:
    """Add the chosen ones of the faces that were looked at last."""
    _process.opened().take(chosen)


def average_close(settings: CoreSettings, request: None) -> AverageSum:
    """End the average here. Returns its sum, which keeps only the faces that were added here, if it keeps any."""
    average, _process.average = _process.opened(), None
    return average.sum()


def average_end(settings: CoreSettings, request: AverageRequest) -> AverageResult:
    """`average_close` and `average_finish` in one, so that the sum need not leave the process; not for sums that keep
    every face. See `core.answers.average.OpenAverage.finish`.
    """
    average, _process.average = _process.opened(), None
    return average.finish(request)


def average_finish(settings: CoreSettings, request: AverageRequest) -> AverageResult:
    """See `core.answers.average.finish`."""
    from core.answers import average

    return average.finish(_process.engine(settings), request)


def average_all(settings: CoreSettings, start: AverageStart, batches: Iterable[AverageBatch]) -> AverageSoFar:
    """See `core.answers.average.add_all`."""
    from core.answers import average

    return average.add_all(_process.engine(settings), start, batches)


def average_people(settings: CoreSettings, faces: Sequence[AveragedFace]) -> tuple[int, ...]:
    """See `core.answers.average.people`."""
    from core.answers import average

    return average.people(_process.engine(settings), faces)


def average_weigh(settings: CoreSettings, request: AverageWeigh) -> bytes:
    """See `core.average.weighed`."""
    from core import average

    return average.weighed(request)


def average_rows(settings: CoreSettings, request: AverageRows) -> bytes:
    """See `core.average.rows`."""
    from core import average

    return average.rows(request)


def forget() -> None:
    """Drop an average that was opened here and will not be ended."""
    _process.average = None


def shrink(settings: CoreSettings, request: ShrinkRequest) -> Picture | None:
    """See `core.shrink.shrink`."""
    from core.shrink import shrink

    return shrink(request.picture, request.limit)


def models(settings: CoreSettings) -> tuple[ModelCard, ...]:
    """The model that compares faces, and those that find them. Loads none, so that any process may ask."""
    from core.models.catalog import DETECTOR_FILE, LANDMARKS_FILE, load_catalog, resolve

    spec = resolve(settings.model)
    finders = (load_catalog().files[name] for name in (LANDMARKS_FILE, DETECTOR_FILE))
    return (
        ModelCard(spec.name, "" if spec.licence == "your own" else spec.licence.partition(" (")[0]),
        *(ModelCard(file.holds.partition(":")[0], file.licence) for file in finders),
    )


def devices(settings: CoreSettings, request: None) -> Devices:
    """Where the networks of this process run."""
    return _process.engine(settings).devices()


def embed_for_others(settings: CoreSettings, listener: socket, parent: Connection, window: float) -> None:
    """Run the network for all workers that share it (`CoreSettings.shared`). See `core.models.shared.SharedNetwork`."""
    from core.models import loading
    from core.models.embedder import Embedder
    from core.models.shared import SharedNetwork
    from core.models.store import folder_of

    def load() -> Embedder:
        return loading.load(settings.model, folder_of(settings), settings.threads, settings.device)

    SharedNetwork(listener, parent, load, window).serve()


def warm(settings: CoreSettings) -> None:
    """Load the models and run them once, so that the first request waits for nothing, except for heatmaps."""
    _process.engine(settings).warm()


def warm_for_heatmaps(settings: CoreSettings) -> None:
    """`warm`, and load torch, so that the first heatmap waits for nothing either."""
    engine = _process.engine(settings)
    engine.warm()
    engine.warm_for_heatmaps()


def close() -> None:
    """Release what this process holds. A worker that is ended need not; a script that ends by itself should."""
    _process.close()


class _Process:
    """What a process keeps from one task to the next."""

    def __init__(self) -> None:
        self.average: OpenAverage | None = None
        self._held: tuple[CoreSettings, Engine] | None = None

    def opened(self) -> OpenAverage:
        if self.average is None:
            raise RuntimeError("no average was opened in this process")
        return self.average

    def engine(self, settings: CoreSettings) -> Engine:
        """The engine for the task that starts now. Drops an average that was never ended."""
        self.average = None
        if self._held is None or self._held[0] != settings:
            # numpy reads it when it is loaded, and its threads wait for each other in busy loops
            if settings.threads:
                os.environ.setdefault("OPENBLAS_NUM_THREADS", str(settings.threads))
            from core.engine import Engine

            self.close()
            self._held = settings, Engine(settings)
        return self._held[1]

    def close(self) -> None:
        self.average = None
        if self._held is not None:
            self._held[1].close()
            self._held = None


_process = _Process()
