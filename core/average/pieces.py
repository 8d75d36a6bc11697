"""An average whose parts travel between processes: bytes in, bytes out."""

from __future__ import annotations

from core import stages
from core.average import arrays
from core.average.canvas import Average
from core.average.composite import Composite, settled, weighed_sums
from core.average.rows import Rows, combined
from core.average.stack import Band, Stack
from core.average.sums import Sums
from core.contracts import AverageRows, AverageSoFar, AverageWeigh


def weighed(request: AverageWeigh) -> bytes:
    """The total of these kept faces, for `AverageSoFar.weighed` or to go on from."""
    stages.enter("average")
    onto = None if request.onto is None else Sums.of(arrays.loaded(request.onto))
    sums = weighed_sums(settled(request.recipe), Stack.loads(request.kept.bands), request.weights, onto)
    return arrays.dumped(sums.arrays())


def rows(request: AverageRows) -> bytes:
    """The rows of this band, for `AverageSoFar.rows`."""
    stages.enter("average")
    return combined(Band.loads(request.bands), settled(request.recipe), request.weights).dumps()


def average(so_far: AverageSoFar, here: Composite | None = None) -> Average:
    """The average of all sums. Kept faces are combined here, unless other processes have combined them.

    `here`: the last sum, if it never left this process; it cannot be used afterwards.
    """
    composite, *others = [*map(Composite.loads, so_far.sums), *([] if here is None else [here])]
    for other in others:
        composite.merge(other)
    stages.enter("average")  # a stage of its own, without the merging
    weights = None if so_far.whose is None else so_far.weights
    if so_far.kept or not (so_far.weighed or so_far.rows):
        return composite.finish(weights)
    sums = None
    if so_far.weighed:
        sums, *more = (Sums.of(arrays.loaded(one)) for one in so_far.weighed)
        for one in more:
            sums.merge(one)
    rows = Rows.together([Rows.loads(one) for one in so_far.rows]) if so_far.rows else None
    return composite.developed(weights, sums, rows)
