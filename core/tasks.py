"""The jobs that others submit: bytes in, bytes and numbers out, picklable.

Importing this module costs nothing: what is heavy is imported where a task runs, which is in a worker. A process
keeps one pipeline, with its models, for the settings it was last asked to use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
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
    Fingerprints,
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

    from core.average.fold import Fold
    from core.evaluate import Evaluated
    from core.pipeline import Pipeline


def similar(settings: CoreSettings, request: SimilarRequest) -> SimilarResult:
    return _process.pipeline(settings).similar(request)


def gradcam(settings: CoreSettings, request: GradcamRequest) -> GradcamResult:
    return _process.pipeline(settings).gradcam(request)


def average_open(settings: CoreSettings, start: AverageStart) -> None:
    """Begin, or go on with, a sum in this process. See `core.average.fold.Fold` for this and the next ones."""
    from core.average.fold import Fold

    _process.fold = Fold(_process.pipeline(settings), start)


def average_look(settings: CoreSettings, batch: AverageBatch) -> AverageSoFar:
    fold = _process.opened()
    if batch.taken:
        fold.take(batch.taken)
    return fold.look(batch)


def average_take(settings: CoreSettings, chosen: Sequence[bool]) -> None:
    _process.opened().take(chosen)


def average_close(settings: CoreSettings, request: None) -> AverageSum:
    """The sum, of which the process keeps nothing. See `core.average.fold.Fold.sum`."""
    fold, _process.fold = _process.opened(), None
    return fold.sum()


def average_end(settings: CoreSettings, request: AverageRequest) -> AverageResult:
    """As `average_close` and `average_finish` in one, so that the sum need not leave the process; see
    `core.average.fold.Fold.finish`. Not for what keeps every face (see `keeps_every_face`).
    """
    fold, _process.fold = _process.opened(), None
    return fold.finish(request)


def forget() -> None:
    """Keep nothing of an average that was begun here and will not be ended."""
    _process.fold = None


def average_all(
    settings: CoreSettings,
    start: AverageStart,
    batches: Iterable[AverageBatch],
) -> AverageSoFar:
    """A sum of all these in this process. While the faces of one batch are added, the next batch is looked at."""
    from core.average.fold import Fold

    known = Fingerprints()
    so_far = AverageSoFar()
    fold = Fold(_process.pipeline(settings), start)
    added: Future[None] | None = None
    with ThreadPoolExecutor(max_workers=1) as adder:
        for batch in batches:
            looked_at = fold.look(batch)
            chosen = known.new(looked_at.faces)
            picked = fold.picked(chosen)
            if added is not None:
                added.result()
            added = adder.submit(fold.add, picked)
            so_far += looked_at.only(chosen)
        if added is not None:
            added.result()
    return replace(so_far, sums=(fold.sum(),))


def average_people(settings: CoreSettings, faces: Sequence[AveragedFace]) -> tuple[int, ...]:
    """See `core.average.fold.people`."""
    from core.average import fold

    return fold.people(_process.pipeline(settings), faces)


def average_weigh(settings: CoreSettings, request: AverageWeigh) -> bytes:
    """See `core.average.weighed`."""
    from core import average

    return average.weighed(request)


def average_rows(settings: CoreSettings, request: AverageRows) -> bytes:
    """See `core.average.rows`."""
    from core import average

    return average.rows(request)


def average_finish(settings: CoreSettings, request: AverageRequest) -> AverageResult:
    """See `core.average.fold.finish`."""
    from core.average import fold

    return fold.finish(_process.pipeline(settings), request)


def lookalikes(
    settings: CoreSettings, request: LookalikesRequest, progress: Callable[[int, int], None] | None = None
) -> LookalikesResult:
    return _process.pipeline(settings).lookalikes(request, progress)


def shrink(settings: CoreSettings, request: ShrinkRequest) -> Picture | None:
    """See `core.shrink.shrink`."""
    from core.shrink import shrink as run

    return run(request.picture, request.limit)


def evaluate(
    settings: CoreSettings,
    photos: Iterable[Photo],
    pairs: Sequence[tuple[int, int]],
    same: Sequence[bool],
    groups: Sequence[str] | None = None,
    picture_format: PictureFormat | None = None,
    progress: Callable[[], None] | None = None,
) -> Evaluated:
    """See `core.evaluate.evaluate`."""
    from core.evaluate import evaluate as run

    return run(_process.pipeline(settings), photos, pairs, same, groups, picture_format, progress)


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
    return _process.pipeline(settings).devices()


def embed_for_others(settings: CoreSettings, listener: socket, parent: Connection, window: float) -> None:
    """Be the network of workers whose settings say `shared`. See `core.models.shared.SharedNetwork`."""
    from core import embedding
    from core.models.embedder import Embedder
    from core.models.shared import SharedNetwork
    from core.models.store import folder_of

    def load() -> Embedder:
        return embedding.load(settings.model, folder_of(settings), settings.threads, settings.device)

    SharedNetwork(listener, parent, load, window).serve()


def warm(settings: CoreSettings) -> None:
    """Load the models and run them once, so that the first request waits for nothing; but for heatmaps."""
    _process.pipeline(settings).warm()


def warm_for_heatmaps(settings: CoreSettings) -> None:
    """As `warm`, and load torch, so that the first heatmap waits for nothing either."""
    pipeline = _process.pipeline(settings)
    pipeline.warm()
    pipeline.warm_for_heatmaps()


def close() -> None:
    """Give back what this process holds. A worker that is ended need not; a script that ends by itself should."""
    _process.close()


class _Process:
    """What a process keeps from one task to the next."""

    def __init__(self) -> None:
        self.fold: Fold | None = None
        self._held: tuple[CoreSettings, Pipeline] | None = None

    def opened(self) -> Fold:
        if self.fold is None:
            raise RuntimeError("no average was opened in this process")
        return self.fold

    def pipeline(self, settings: CoreSettings) -> Pipeline:
        """For the work that begins now; an average that was left unended is forgotten."""
        self.fold = None
        if self._held is None or self._held[0] != settings:
            from core.pipeline import Pipeline

            self.close()
            self._held = settings, Pipeline(settings)
        return self._held[1]

    def close(self) -> None:
        self.fold = None
        if self._held is not None:
            self._held[1].close()
            self._held = None


_process = _Process()
