"""Settings of a process that runs `core`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Colormap = Literal["cividis", "viridis", "inferno", "jet"]
Device = Literal["cpu", "cuda"]

DEFAULT_MODEL = "sface"


@dataclass(frozen=True)
class Limits:
    """How large a photo may be. `file_bytes`: the file's size; `pixels`: width times height of the whole picture.

    `side`: the longer side in pixels (OpenCV's warps stop at 32,766).
    """

    file_bytes: int = 25 * 1024 * 1024
    pixels: int = 100_000_000
    side: int = 30_000


@dataclass(frozen=True)
class ModelChoice:
    """A model of the catalogue by its name, or one's own, and what differs from the catalogue's entry.

    `overrides` are keys of a catalogue entry (`path`, `input_size`, `channels`, `mean`, `deviation`, `template`,
    `metric`, `threshold`, `percent`, ...); see `core/models/catalog.toml`. Values are str, int, float, bool, tuples
    and mappings of those. `preset`: the catalogue's entry to start from, if its name is not the model's.
    """

    name: str = DEFAULT_MODEL
    overrides: Mapping[str, Any] = field(default_factory=dict)
    preset: str | None = None


@dataclass(frozen=True)
class ModelCard:
    """What /about says about a model: its `name`, and its `licence`, "" if the file is the operator's own."""

    name: str
    licence: str


@dataclass(frozen=True)
class CoreSettings:
    """All settings of `core`; picklable, so that a worker can be started with them.

    `model_folder`: where models are kept (default: `sokkuri` in the user's cache folder); `threads`: how many a
    worker may use at once (0: no limit); `colormap`: the colours of heatmaps; `device`: where networks run, "cuda": on
    a GPU if there is one; `shared`: the socket of a process that embeds for all workers (see core.models.shared), "":
    each worker does so itself.
    """

    model: ModelChoice = field(default_factory=ModelChoice)
    model_folder: str | None = None
    limits: Limits = field(default_factory=Limits)
    threads: int = 1
    colormap: Colormap = "cividis"
    device: Device = "cpu"
    shared: str = ""


@dataclass(frozen=True)
class Devices:
    """Where the networks of a process run. `heatmaps`: those that give gradients, None while they are not loaded;
    `why`: why any of them does not run where the settings say, "" if all do.
    """

    embeddings: Device
    heatmaps: Device | None
    why: str
