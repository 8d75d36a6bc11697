"""Figures for Prometheus: how many requests, how long, how they ended. They identify no person and no server."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Bucket bounds of durations. Discord must have an acknowledgement within 3 s, and an answer within 900 s."""

BYTES = tuple(float(1 << power) for power in range(14, 28))
"""Bucket bounds of photos: 16 KiB to 128 MiB."""


class Metrics:
    """Figures in a registry of their own, so that a process may have several. `model`: the embedding's name."""

    def __init__(self, model: str = "") -> None:
        self._registry = CollectorRegistry()
        self._requested = Counter(
            "sokkuri_requests_started", "Requests that came in.", ["command"], registry=self._registry
        )
        self._ended = Counter(
            "sokkuri_requests",
            'Requests that ended, by outcome: "done", or the code of the error.',
            ["command", "outcome"],
            registry=self._registry,
        )
        self._stages = Histogram(
            "sokkuri_stage_seconds",
            "Time that requests spent at each stage.",
            ["command", "stage"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._acknowledged = Histogram(
            "sokkuri_acknowledgement_seconds",
            "Time from the command, by Discord's clock, to its acknowledgement.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self._photos = Histogram(
            "sokkuri_photo_bytes", "Sizes of the photos that were fetched.", buckets=BYTES, registry=self._registry
        )
        self._shards = Gauge(
            "sokkuri_shard_connected",
            "Whether this shard of the process has its connection to Discord.",
            ["shard"],
            registry=self._registry,
        )
        Info("sokkuri_model", "The model that faces are compared by.", registry=self._registry).info({"name": model})

    def requested(self, command: str) -> None:
        self._requested.labels(command).inc()

    def acknowledged(self, seconds: float) -> None:
        self._acknowledged.observe(max(seconds, 0.0))  # two clocks may differ

    def ended(self, command: str, outcome: str, stages: Mapping[str, float]) -> None:
        """`stages`: seconds by name."""
        self._ended.labels(command, outcome).inc()
        for stage, seconds in stages.items():
            self._stages.labels(command, stage).observe(seconds)

    def photo(self, size: int) -> None:
        """Record the size of a photo in bytes."""
        self._photos.observe(size)

    def shard(self, number: int, *, connected: bool) -> None:
        self._shards.labels(str(number)).set(connected)

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a gauge `sokkuri_NAME` whose value is read at each request."""
        Gauge(f"sokkuri_{name}", text, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """All figures, in Prometheus's text format (CONTENT_TYPE)."""
        return generate_latest(self._registry)
