"""bot.workers.network: real workers that share a network in a real process, which is killed."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
from patience import PATIENCE

from bot.workers.pool import LocalWorkers
from core import tasks
from core.answers import gradcam, similar
from core.contracts import CoreSettings, GradcamRequest, ModelChoice, ModelError, Photo, SimilarRequest
from core.engine import Engine

LONG = PATIENCE


def network_of(workers: LocalWorkers) -> psutil.Process:
    """The process that is no worker, and not the tracker that Python starts."""
    others = [one for one in psutil.Process().children() if one.pid not in workers.pids]
    (network,) = (one for one in others if "spawn_main" in " ".join(one.cmdline()))
    return network


async def test_workers_share_a_network_and_outlive_it(sample_faces: Path) -> None:
    photos = [Photo(name, (sample_faces / name).read_bytes()) for name in ("person_a_1.jpg", "person_b_1.jpg")]
    pair, heatmap = SimilarRequest(photos[0], photos[1]), GradcamRequest(photos[0], method="layercam")
    settings = CoreSettings()
    alone = Engine(settings)
    one, other = similar.answer(alone, pair), gradcam.answer(alone, heatmap)
    alone.close()
    async with LocalWorkers(
        settings, tasks.warm, count=2, tasks=0, start_seconds=LONG, stage_seconds=LONG, batch_seconds=0.01
    ) as workers:
        for _ in range(2):
            found = await asyncio.gather(*(workers.submit(tasks.similar, pair, LONG) for _ in range(2)))
            for result in found:
                assert result.score == pytest.approx(one.score, abs=1e-4)
                assert result.regions == pytest.approx(one.regions, abs=1e-2)
            before = sorted(workers.pids)
            os.kill(network_of(workers).pid, signal.SIGKILL)
        gradients = await workers.submit(tasks.gradcam, heatmap, LONG)
        assert gradients.regions == pytest.approx(other.regions, abs=1e-3)
        assert sorted(workers.pids) == before  # none of them was lost with it
        last = network_of(workers)
    assert not last.is_running()


async def test_a_network_that_cannot_be_loaded_is_the_workers_trouble(tmp_path: Path) -> None:
    nowhere = CoreSettings(model=ModelChoice("own", {"path": str(tmp_path / "none.onnx")}, "arcface"))
    async with LocalWorkers(nowhere, tasks.warm, count=1, tasks=0, start_seconds=LONG, batch_seconds=0.01) as workers:
        with pytest.raises(ModelError):
            await workers.submit(tasks.devices, None, LONG)
