"""The catalogue of model files and models, and how a choice from it becomes a checked ModelSpec."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast, get_args

from core.contracts import HeatmapMethod, HeatmapTarget, Metric, ModelChoice, ModelMisconfigured
from core.models.spec import (
    Channels,
    CohortChoice,
    CurvePercent,
    Heatmap,
    Kind,
    ModelSpec,
    PolynomialPercent,
    Strangers,
    TemplateName,
    TimmNetwork,
)

LANDMARKS_FILE = "face_landmarker.task"
DETECTOR_FILE = "centerface.onnx"
"""The files that find faces, for every model."""

_MODEL_KEYS = (
    *("kind", "licence", "file", "path", "input_size", "channels", "scale", "mean", "deviation", "width", "template"),
    *("metric", "threshold", "percent", "strangers", "cohort", "heatmap", "torch", "sha256", "may_normalise"),
)
_CALIBRATION_KEYS = ("model", "metric", "threshold", "percent", "strangers")
_STRANGERS_KEYS = ("data", "pairs", "parts", "scores", "errors")
_MEASURED = ("threshold", "percent", "strangers")
_CHANGES_SCORES = (
    *("kind", "file", "path", "input_size", "channels", "scale", "mean", "deviation", "width", "template", "metric"),
    "cohort",
)
_HEATMAP_KEYS = ("method", "target", "layers")
_TORCH_KEYS = ("path", "architecture", "prefix", "layer")
_MERGED_TABLES = ("heatmap", "torch")
_LARGEST_INPUT = 1024
_LONGEST_SHOWN = 300
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
        for key in ("strangers", "cohort"):
            if key not in choice.overrides:
                entry.pop(key, None)
    if not {"scale", "mean", "deviation"}.isdisjoint(choice.overrides):
        entry["may_normalise"] = False
    if "calibration" in entry:
        del entry["calibration"]
        entry |= _calibrated(choice, entry.get("metric"))
    return _spec(_Table(choice.name, entry), catalog)


def _spec(table: _Table, catalog: Catalog) -> ModelSpec:
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
        sha256=_sha256(table),
        may_normalise=table.flag("may_normalise") if "may_normalise" in table.values else False,
    )


def _sha256(table: _Table) -> str | None:
    if "sha256" not in table.values:
        return None
    value = table.text("sha256").lower()
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise table.wrong("sha256", "64 hexadecimal digits", _shown(value))
    return value


def _source(table: _Table, catalog: Catalog) -> tuple[str | None, Path | None]:
    if "path" in table.values:
        return None, table.path("path")
    if "file" not in table.values:
        raise table.wrong("path", "the path of the model's file on this machine", "nothing")
    return table.one_of("file", tuple(catalog.files)), None


def _percent(
    table: _Table, metric: Metric, threshold: float, limits: tuple[float, float]
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


def _strangers(table: _Table, limits: tuple[float, float]) -> Strangers | None:
    if "strangers" not in table.values:
        return None
    strangers = table.table("strangers")
    strangers.only(_STRANGERS_KEYS)
    parts = strangers.reals("parts", 2, 1000)
    scores, errors = (strangers.reals(key, len(parts), len(parts)) for key in ("scores", "errors"))
    if not all(0 <= one < next_ <= 1 for one, next_ in pairwise(parts)):
        raise strangers.wrong("parts", "rising numbers from 0 to 1", _shown(parts))
    falling = limits[0] < 0  # a cosine
    if sorted(scores, reverse=falling) != list(scores) or not all(limits[0] <= one <= limits[1] for one in scores):
        raise strangers.wrong("scores", "the model's scores, from the most alike to the least", _shown(scores))
    if not all(0 <= one <= 1 for one in errors):
        raise strangers.wrong("errors", "numbers from 0 to 1", _shown(errors))
    return Strangers(strangers.text("data"), strangers.whole("pairs", 1, 10**12), parts, scores, errors)


def _cohort(table: _Table) -> CohortChoice | None:
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


def _calibrated(choice: ModelChoice, metric: object) -> Mapping[str, Any]:
    """The measured keys of the file that the choice's `calibration` names."""
    named = choice.overrides["calibration"]
    if not isinstance(named, str | Path) or not str(named):
        raise ModelMisconfigured(choice.name, f"calibration: expected a path, found {_shown(named)}")
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
    table = _Table(choice.name, values, f"calibration {path}: ")
    table.only(_CALIBRATION_KEYS)
    for key, wanted in (("model", choice.name), ("metric", metric)):
        if (found := table.text(key)) != wanted:
            raise table.wrong(key, f"{wanted!r}, which is what it is to be used with", f"{found!r}; calibrate anew")
    for key in _MEASURED:
        if key not in values:
            raise table.wrong(key, "what `sokkuri evaluate` measured", "nothing")
    return {key: values[key] for key in _MEASURED}


def _heatmap(table: _Table) -> Heatmap:
    heatmap = table.table("heatmap")
    heatmap.only(_HEATMAP_KEYS)
    return Heatmap(
        method=cast(HeatmapMethod, heatmap.one_of("method", get_args(HeatmapMethod))),
        target=cast(HeatmapTarget, heatmap.one_of("target", get_args(HeatmapTarget))),
        layers=heatmap.texts("layers"),
    )


def _torch(table: _Table, kind: Kind, path: Path | None) -> TimmNetwork | None:
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


class _Table:
    """A table of settings that checks each value it reads. `model` and `where` are for the errors' text."""

    def __init__(self, model: str, values: Mapping[str, Any], where: str = "") -> None:
        self.model = model
        self.values = values
        self._where = where

    def wrong(self, key: str, expected: str, found: str) -> ModelMisconfigured:
        return ModelMisconfigured(self.model, f"{self._where}{key}: expected {expected}, found {found}")

    def only(self, keys: Sequence[str]) -> None:
        for key in self.values:
            if key not in keys:
                near = difflib.get_close_matches(str(key), keys, n=1)
                hint = f" (is {near[0]} meant?)" if near else ""
                raise self.wrong(str(key), f"one of the keys {', '.join(keys)}", f"an unknown key{hint}")

    def _get(self, key: str, expected: str) -> Any:
        if key not in self.values:
            raise self.wrong(key, expected, "nothing")
        return self.values[key]

    def text(self, key: str, *, empty: bool = False) -> str:
        value = self._get(key, "a text")
        if not isinstance(value, str) or (not value and not empty):
            raise self.wrong(key, "a text", _shown(value))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key, "a list of texts")
        if isinstance(value, str):
            value = (value,)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(key, "a list of texts", _shown(value))
        return tuple(value)

    def one_of(self, key: str, options: Sequence[str]) -> str:
        expected = "one of " + ", ".join(options)
        value = self._get(key, expected)
        if value not in options:
            raise self.wrong(key, expected, _shown(value))
        return cast(str, value)

    def path(self, key: str) -> Path:
        value = self._get(key, "a path")
        if not isinstance(value, str | Path) or not str(value):
            raise self.wrong(key, "a path", _shown(value))
        return Path(value).expanduser()

    def flag(self, key: str) -> bool:
        value = self._get(key, "true or false")
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", _shown(value))
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        expected = f"a whole number from {low} to {high}"
        value = self._get(key, expected)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, expected, _shown(value))
        return value

    def real(self, key: str, low: float, high: float, *, zero: bool = True) -> float:
        expected = f"a number from {low:g} to {high:g}" + ("" if zero else ", and not 0")
        value = self._get(key, expected)
        if not _is_real(value) or not low <= value <= high or not (zero or value):
            raise self.wrong(key, expected, _shown(value))
        return float(value)

    def reals(self, key: str, fewest: int, most: int) -> tuple[float, ...]:
        expected = f"{fewest} numbers" if fewest == most else f"{fewest} to {most} numbers"
        value = self._get(key, expected)
        if not isinstance(value, list | tuple) or not fewest <= len(value) <= most or not all(map(_is_real, value)):
            raise self.wrong(key, expected, _shown(value))
        return tuple(map(float, value))

    def triple(self, key: str) -> tuple[float, float, float]:
        first, second, third = self.reals(key, 3, 3)
        return first, second, third

    def table(self, key: str) -> _Table:
        value = self._get(key, "a table")
        if not isinstance(value, Mapping):
            raise self.wrong(key, "a table", _shown(value))
        return _Table(self.model, value, f"{self._where}{key}.")


def _is_real(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that is larger than any float
        return False


def _shown(value: object) -> str:
    """A value for a message, shortened: nobody reads a thousand digits, and Python refuses to print more than 4,300."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
