"""Chooses the workers that the settings ask for."""

from __future__ import annotations

from bot.config import Settings
from bot.workers import Workers
from bot.workers.pool import LocalWorkers
from core import tasks


def chosen(settings: Settings) -> Workers:
    """The workers of the settings. Raises ConfigError: these are not installed, or not there."""
    if settings.workers.engine == "local":
        return local(settings)
    from bot.workers.cluster import ClusterWorkers  # its libraries are not installed everywhere

    return ClusterWorkers(
        settings.core(),
        settings.dask,
        count=settings.workers.count,
        start_seconds=settings.workers.start_seconds,
    )


def local(settings: Settings, *, heatmaps: bool = True) -> LocalWorkers:
    """The local workers of the settings. `heatmaps`: whether such requests can come here at all."""
    return LocalWorkers(
        settings.core(),
        tasks.warm_for_heatmaps if settings.workers.heatmaps and heatmaps else tasks.warm,
        forget=tasks.forget,
        count=settings.workers.count,
        tasks=settings.workers.tasks,
        start_seconds=settings.workers.start_seconds,
        stage_seconds=settings.workers.stage_seconds,
        memory_bytes=settings.workers.memory_bytes,
        recycle_bytes=settings.workers.recycle_bytes,
        batch_seconds=settings.workers.batch_seconds,
    )
