"""The jobs that others submit: bytes in, bytes and numbers out, picklable.

Importing this module costs nothing: what is heavy is imported where a task runs, which is in a worker. A process
keeps one pipeline, with its models, for the settings it was last asked to use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from core.contracts import (
    AverageRequest,
    AverageResult,
    CoreSettings,
    GradcamRequest,
    GradcamResult,
    LookalikesRequest,
    LookalikesResult,
    Photo,
    PictureFormat,
    SimilarRequest,
    SimilarResult,
)

if TYPE_CHECKING:
    from core.evaluate import Evaluated
    from core.pipeline import Pipeline


def similar(settings: CoreSettings, request: SimilarRequest) -> SimilarResult:
    return _process.pipeline(settings).similar(request)


def gradcam(settings: CoreSettings, request: GradcamRequest) -> GradcamResult:
    return _process.pipeline(settings).gradcam(request)


def average(
    settings: CoreSettings, request: AverageRequest, progress: Callable[[int, int], None] | None = None
) -> AverageResult:
    return _process.pipeline(settings).average(request, progress)


def lookalikes(
    settings: CoreSettings, request: LookalikesRequest, progress: Callable[[int, int], None] | None = None
) -> LookalikesResult:
    return _process.pipeline(settings).lookalikes(request, progress)


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


def warm(settings: CoreSettings) -> None:
    """Load the models, so that the first request waits for nothing."""
    _process.pipeline(settings).warm()


def close() -> None:
    """Give back what this process holds. A worker that is ended need not; a script that ends by itself should."""
    _process.close()


class _Process:
    """What a process keeps from one task to the next."""

    def __init__(self) -> None:
        self._held: tuple[CoreSettings, Pipeline] | None = None

    def pipeline(self, settings: CoreSettings) -> Pipeline:
        if self._held is None or self._held[0] != settings:
            from core.pipeline import Pipeline

            self.close()
            self._held = settings, Pipeline(settings)
        return self._held[1]

    def close(self) -> None:
        if self._held is not None:
            self._held[1].close()
            self._held = None


_process = _Process()
