"""The catalogue of model files and models, and how a choice from it becomes a checked ModelSpec."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast, get_args

from core.contracts import HeatmapMethod, HeatmapTarget, Metric, ModelChoice, ModelMisconfigured
from core.models.checked import Table, shown
from core.models.spec import (
    WITH_PROFILES,
    Channels,
    CohortChoice,
    CurvePercent,
    Heatmap,
    Kind,
    ModelSpec,
    PolynomialPercent,
    SeenParts,
    Strangers,
    TemplateName,
    TimmNetwork,
)

LANDMARKS_FILE = "face_landmarker.task"
DETECTOR_FILE = "centerface.onnx"
"""The files that find faces, for every model."""

_MODEL_KEYS = (
    *("kind", "licence", "file", "path", "input_size", "channels", "scale", "mean", "deviation", "width", "template"),
    *("metric", "threshold", "percent", "strangers", "cohort", "seen", "heatmap", "torch", "sha256"),
    "may_normalise",
)
_CALIBRATION_KEYS = ("model", "metric", "threshold", "percent", "strangers")
_STRANGERS_KEYS = ("data", "pairs", "parts", "scores", "errors")
_MEASURED = ("threshold", "percent", "strangers")
_CHANGES_SCORES = (
    *("kind", "file", "path", "input_size", "channels", "scale", "mean", "deviation", "width", "template", "metric"),
    "cohort",
    "seen",
)
_SEEN_KEYS = ("length", "upper", "lower")
_HEATMAP_KEYS = ("method", "target", "layers")
_TORCH_KEYS = ("path", "architecture", "prefix", "layer")
_MERGED_TABLES = ("heatmap", "torch")
_LARGEST_INPUT = 1024
_LARGEST_WIDTH = 65_536


@dataclass(frozen=True)
class WheelMember:
    """A file inside a published wheel: `member` is its path in there."""

    project: str
    version: str
    member: str


@dataclass(frozen=True)
class CatalogFile:
    """A file that can be fetched. `size` in bytes, `sha256` in hex, both of the file as it is kept."""

    name: str
    holds: str
    licence: str
    size: int
    sha256: str
    address: str
    compression: Literal["bz2"] | None
    wheel: WheelMember | None


@dataclass(frozen=True)
class Catalog:
    """Files and models by name; models are the tables of the TOML file."""

    files: Mapping[str, CatalogFile]
    models: Mapping[str, Mapping[str, Any]]


@cache
def load_catalog() -> Catalog:
    """Read `catalog.toml`, beside this module."""
    tables = tomllib.loads(resources.files(__package__).joinpath("catalog.toml").read_text("utf-8"))
    files = {}
    for name, table in tables["files"].items():
        wheel = WheelMember(**table["wheel"]) if "wheel" in table else None
        files[name] = CatalogFile(
            **{"name": name, "compression": None, **{key: value for key, value in table.items() if key != "wheel"}},
            wheel=wheel,
        )
    return Catalog(files=files, models=tables["models"])


def resolve(choice: ModelChoice) -> ModelSpec:
    """Merge a choice's overrides into its entry of the catalogue and check everything.

    `heatmap` and `torch` are merged key by key, all others are replaced. `calibration` names a file of `sokkuri
    evaluate` whose threshold, percent and strangers override all others. Raises ModelMisconfigured, which names the
    key, what was expected and what was found. Does not check whether files exist.
    """
    catalog = load_catalog()
    preset = choice.preset or choice.name
    if preset not in catalog.models:
        raise ModelMisconfigured(
            choice.name, f"expected a model of the catalogue ({', '.join(catalog.models)}), found {preset!r}"
        )
    entry = dict(catalog.models[preset])
    for key, value in choice.overrides.items():
        if key in _MERGED_TABLES and isinstance(value, Mapping) and isinstance(entry.get(key), Mapping):
            entry[key] = {**entry[key], **value}
        else:
            entry[key] = value
    if any(key in _CHANGES_SCORES for key in choice.overrides):
        # measured with another network's scores
        for key in ("strangers", "cohort", "seen"):
            if key not in choice.overrides:
                entry.pop(key, None)
    if not {"scale", "mean", "deviation"}.isdisjoint(choice.overrides):
        entry["may_normalise"] = False
    if "calibration" in entry:
        del entry["calibration"]
        entry |= _calibrated(choice, entry.get("metric"))
    return _spec(Table(choice.name, entry), catalog)


def _spec(table: Table, catalog: Catalog) -> ModelSpec:
    table.only(_MODEL_KEYS)
    kind = cast(Kind, table.one_of("kind", get_args(Kind)))
    metric = cast(Metric, table.one_of("metric", get_args(Metric)))
    lowest, highest = (-1.0, 1.0) if metric == "cosine" else (0.0, math.inf)
    threshold = table.real("threshold", lowest, highest)
    if threshold == (1.0 if metric == "cosine" else 0.0):
        raise table.wrong("threshold", "one that different photos of a person can reach", f"{threshold:g}")
    file, path = _source(table, catalog)
    width = table.whole("width", 0, _LARGEST_WIDTH) or None
    torch = _torch(table, kind, path)
    if torch is not None and width is None:
        raise table.wrong("width", "the length of a vector, which a timm network must be built with", "0")
    deviation = table.triple("deviation")
    if any(value <= 0 for value in deviation):
        raise table.wrong("deviation", "three numbers above 0", repr(deviation))
    return ModelSpec(
        name=table.model,
        kind=kind,
        licence=table.text("licence"),
        file=file,
        path=path,
        input_size=table.whole("input_size", 16, _LARGEST_INPUT),
        channels=cast(Channels, table.one_of("channels", get_args(Channels))),
        scale=table.real("scale", -1e6, 1e6, zero=False),
        mean=table.triple("mean"),
        deviation=deviation,
        width=width,
        template=cast(TemplateName, table.one_of("template", get_args(TemplateName))),
        metric=metric,
        threshold=threshold,
        percent=_percent(table, metric, threshold, (lowest, highest)),
        heatmap=_heatmap(table),
        torch=torch,
        strangers=_strangers(table, (lowest, highest)),
        cohort=_cohort(table),
        seen=_seen(table),
        sha256=_sha256(table),
        may_normalise=table.flag("may_normalise") if "may_normalise" in table.values else False,
    )


def _sha256(table: Table) -> str | None:
    if "sha256" not in table.values:
        return None
    value = table.text("sha256").lower()
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise table.wrong("sha256", "64 hexadecimal digits", shown(value))
    return value


def _source(table: Table, catalog: Catalog) -> tuple[str | None, Path | None]:
    if "path" in table.values:
        return None, table.path("path")
    if "file" not in table.values:
        raise table.wrong("path", "the path of the model's file on this machine", "nothing")
    return table.one_of("file", tuple(catalog.files)), None


def _percent(
    table: Table, metric: Metric, threshold: float, limits: tuple[float, float]
) -> PolynomialPercent | CurvePercent:
    lowest, highest = limits
    percent = table.table("percent")
    percent.only(("polynomial", "strangers_median", "same_median"))
    if ("polynomial" in percent.values) == ("strangers_median" in percent.values):
        raise table.wrong(
            "percent", "one of polynomial and strangers_median", " and ".join(percent.values) or "an empty table"
        )
    if "polynomial" in percent.values:
        percent.only(("polynomial",))
        return PolynomialPercent(percent.reals("polynomial", 1, 10))
    median = percent.real("strangers_median", *limits)
    if (median >= threshold) if metric == "cosine" else (median <= threshold):
        side = "below" if metric == "cosine" else "above"
        raise percent.wrong("strangers_median", f"a score {side} the threshold of {threshold:g}", f"{median:g}")
    if "same_median" not in percent.values:
        return CurvePercent(median)
    usual = percent.real("same_median", *limits)
    if not (threshold < usual < highest if metric == "cosine" else lowest < usual < threshold):
        raise percent.wrong("same_median", f"a score past the threshold of {threshold:g}", f"{usual:g}")
    return CurvePercent(median, usual)


def _strangers(table: Table, limits: tuple[float, float]) -> Strangers | None:
    if "strangers" not in table.values:
        return None
    strangers = table.table("strangers")
    strangers.only(_STRANGERS_KEYS)
    parts = strangers.reals("parts", 2, 1000)
    scores, errors = (strangers.reals(key, len(parts), len(parts)) for key in ("scores", "errors"))
    if not all(0 <= one < next_ <= 1 for one, next_ in pairwise(parts)):
        raise strangers.wrong("parts", "rising numbers from 0 to 1", shown(parts))
    falling = limits[0] < 0  # a cosine
    if sorted(scores, reverse=falling) != list(scores) or not all(limits[0] <= one <= limits[1] for one in scores):
        raise strangers.wrong("scores", "the model's scores, from the most alike to the least", shown(scores))
    if not all(0 <= one <= 1 for one in errors):
        raise strangers.wrong("errors", "numbers from 0 to 1", shown(errors))
    return Strangers(strangers.text("data"), strangers.whole("pairs", 1, 10**12), parts, scores, errors)


def _cohort(table: Table) -> CohortChoice | None:
    if "cohort" not in table.values:
        return None
    cohort = table.table("cohort")
    if not cohort.values:
        return None  # switched off
    cohort.only(("file", "neighbours", "scales"))
    files = [entry.name for entry in resources.files(__package__).iterdir() if entry.name.endswith(".npy")]
    scales = cohort.triple("scales")
    if min(scales) < 0 or not any(scales):
        raise cohort.wrong("scales", "three numbers from 0, and one above it", repr(scales))
    return CohortChoice(cohort.one_of("file", files), cohort.whole("neighbours", 1, 100), scales)


def _seen(table: Table) -> SeenParts | None:
    if "seen" not in table.values:
        return None
    seen = table.table("seen")
    if not seen.values:
        return None  # switched off
    if table.text("template") not in WITH_PROFILES:
        raise table.wrong("seen", f'nothing for template = "{table.text("template")}"', "a table")
    seen.only(_SEEN_KEYS)
    return SeenParts(seen.real("length", 1e-6, 1e6), _rising(seen, "upper"), _rising(seen, "lower"))


def _rising(table: Table, key: str) -> tuple[float, float]:
    low, high = table.reals(key, 2, 2)
    if not 0 <= low < high <= 2:
        raise table.wrong(key, "two rising numbers from 0 to 2", repr([low, high]))
    return low, high


def _calibrated(choice: ModelChoice, metric: object) -> Mapping[str, Any]:
    """The measured keys of the file that the choice's `calibration` names."""
    named = choice.overrides["calibration"]
    if not isinstance(named, str | Path) or not str(named):
        raise ModelMisconfigured(choice.name, f"calibration: expected a path, found {shown(named)}")
    path = Path(named).expanduser()
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ModelMisconfigured(
            choice.name,
            f"calibration: expected a file at {path}, found none that can be read ({error.strerror}); "
            "remedy: make it with `sokkuri evaluate PAIRS.csv --calibrate FILE`, or correct the path",
        ) from error
    except (ValueError, RecursionError) as error:  # no TOML, no text, a number of thousands of digits, or too deep
        raise ModelMisconfigured(
            choice.name, f"calibration: expected the TOML that `sokkuri evaluate` writes at {path}, found: {error}"
        ) from error
    table = Table(choice.name, values, f"calibration {path}: ")
    table.only(_CALIBRATION_KEYS)
    for key, wanted in (("model", choice.name), ("metric", metric)):
        if (found := table.text(key)) != wanted:
            raise table.wrong(key, f"{wanted!r}, which is what it is to be used with", f"{found!r}; calibrate anew")
    for key in _MEASURED:
        if key not in values:
            raise table.wrong(key, "what `sokkuri evaluate` measured", "nothing")
    return {key: values[key] for key in _MEASURED}


def _heatmap(table: Table) -> Heatmap:
    heatmap = table.table("heatmap")
    heatmap.only(_HEATMAP_KEYS)
    return Heatmap(
        method=cast(HeatmapMethod, heatmap.one_of("method", get_args(HeatmapMethod))),
        target=cast(HeatmapTarget, heatmap.one_of("target", get_args(HeatmapTarget))),
        layers=heatmap.texts("layers"),
    )


def _torch(table: Table, kind: Kind, path: Path | None) -> TimmNetwork | None:
    """The timm network: the model itself (kind timm, its state dict at the model's own path), or a twin of it."""
    if "torch" not in table.values:
        if kind == "timm":
            raise table.wrong("torch", 'a table {architecture, prefix, layer} for kind = "timm"', "nothing")
        return None
    torch = table.table("torch")
    torch.only(_TORCH_KEYS)
    if kind == "timm":
        if path is None:
            raise table.wrong("path", 'the path of the state dict for kind = "timm"', "nothing")
        if "path" in torch.values:
            raise torch.wrong("path", 'nothing for kind = "timm", whose state dict is the model\'s own path', "a path")
    elif "path" in torch.values:
        path = torch.path("path")
    else:
        return None
    return TimmNetwork(
        path=path,
        architecture=torch.text("architecture"),
        prefix=torch.text("prefix", empty=True) if "prefix" in torch.values else "",
        layer=torch.text("layer") if "layer" in torch.values else None,
    )
