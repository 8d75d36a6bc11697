"""Settings, from `config.toml` and from the environment.

`config.example.toml` lists every setting with its default, its unit and an explanation. Environment variables override
the file: `SOKKURI_` and the name, with two underscores after a section (`SOKKURI_LIMITS__PIXELS=50000000`), and
`SOKKURI_TOKEN` for the token.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.errors import ConfigError
from core.contracts import DEFAULT_MODEL, Colormap, CoreSettings, Device, Limits, ModelChoice

DISCORD_API = "https://discord.com/api/v10"
DISCORD_CDN = "https://cdn.discordapp.com"

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Link = Annotated[str, Field(pattern=r"^(https?://[^\s<>()]{1,500})?$")]


class Section(BaseModel):
    """One table of the file. An unknown key is an error, so that no typing mistake goes unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReloadableSection(Section):
    """A table that may change while the bot runs, for settings that are read at each use.

    `AT_START`: the settings that are read only once all the same.
    """

    model_config = ConfigDict(frozen=False)
    AT_START: ClassVar[frozenset[str]] = frozenset()

    def update(self, other: Self) -> None:
        """Take over the values of `other`, except those of `AT_START`."""
        for name in type(self).model_fields.keys() - self.AT_START:
            setattr(self, name, getattr(other, name))


class DiscordSection(Section):
    """How to reach Discord. `shards`: the number for all processes together, 0: as many as Discord recommends;
    `shard_ids`: the shards of this process, none: all of them.
    """

    token: SecretStr = SecretStr("")
    api: str = DISCORD_API
    cdn: str = DISCORD_CDN
    cdn_hosts: tuple[str, ...] = (
        "cdn.discordapp.com",
        "media.discordapp.net",
        "images-ext-1.discordapp.net",
        "images-ext-2.discordapp.net",
    )
    message_content: bool = True
    shards: Annotated[int, Field(ge=0)] = 0
    shard_ids: tuple[Annotated[int, Field(ge=0)], ...] = ()

    @field_validator("shard_ids")
    @classmethod
    def _check_shard_ids(cls, ids: tuple[int, ...], given: ValidationInfo) -> tuple[int, ...]:
        count = given.data.get("shards")  # None if that is invalid itself
        if ids and count == 0:
            raise PydanticCustomError("shards", "set shards, too: how many there are in all processes together")
        if ids and count is not None and max(ids) >= count:
            raise PydanticCustomError(
                "shards", f"there is no shard {max(ids)} where shards = {count}: the last is {count - 1}"
            )
        if len(set(ids)) < len(ids):
            raise PydanticCustomError("shards", "a shard is named twice")
        return ids

    @field_validator("api", "cdn")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")


class InteractionsSection(Section):
    """Commands over HTTP instead of the gateway. `port` 0: by the gateway; `public_key` "": fetched from Discord;
    `peers`: addresses of all instances.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    public_key: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{64})?$")] = ""
    peers: tuple[Annotated[str, Field(pattern=r"^http://[^\s/?#@]+/?$")], ...] = ()


class LimitsSection(ReloadableSection):
    """Limits of a request, in bytes, pixels (width times height), seconds, and counts."""

    # Workers get the first two when they start; the others are bounds of options that were registered with Discord.
    AT_START = frozenset({"file_bytes", "pixels", "average_photos", "lookalikes_photos"})

    file_bytes: Count = 25 * 1024 * 1024
    pixels: Count = 100_000_000
    average_photos: Annotated[int, Field(ge=2, le=10_000)] = 1000
    average_bytes: Count = 512 * 1024 * 1024
    average_history: Annotated[int, Field(ge=1, le=10_000)] = 2000
    download_seconds: Seconds = 30.0
    downloads: Count = 4
    waiting: Annotated[int, Field(ge=0)] = 60
    guild_requests: Count = 30
    person_requests: Count = 4
    cooldown_requests: Annotated[int, Field(ge=0)] = 20
    cooldown_seconds: Seconds = 60.0
    lookalikes_photos: Annotated[int, Field(ge=2, le=160)] = 100
    lookalikes_bytes: Count = 128 * 1024 * 1024
    menu_seconds: Annotated[float, Field(gt=0, le=840)] = 600.0
    unchecked_menu_seconds: Annotated[float, Field(ge=0, le=840)] = 60.0


class WorkersSection(Section):
    """Where the work is done: in `local` processes, or in those of a `dask` cluster, `count` at once. `threads` 0: the
    processors are shared among them; `tasks`, `memory_bytes` and `recycle_bytes` 0: no limit. `heatmaps`: whether they
    load what heatmaps need when they start; `device`: where their networks run; `batch_seconds` 0: each has its own
    network.
    """

    engine: Literal["local", "dask"] = "local"
    count: Count = 2
    threads: Annotated[int, Field(ge=0)] = 0
    heatmaps: bool = True
    device: Device = "cpu"
    batch_seconds: Annotated[float, Field(ge=0, le=1)] = 0.0
    tasks: Annotated[int, Field(ge=0)] = 500
    memory_bytes: Annotated[int, Field(ge=0)] = 4 * 1024**3
    recycle_bytes: Annotated[int, Field(ge=0)] = 3 * 1024**3 // 2
    start_seconds: Seconds = 120.0
    stage_seconds: Seconds = 25.0
    deadline_seconds: Seconds = 60.0
    refuse_seconds: Annotated[float, Field(ge=0)] = 900.0
    grace_seconds: Annotated[float, Field(ge=0)] = 20.0


class DaskSection(Section):
    """The cluster. `tls_ca` "": no encryption, which is allowed only on loopback addresses or with `trusted_network`.
    `host`, `port`, `contact`, `offers`: a worker's own, for `sokkuri worker`.

    `needs`: by the name of a task, what a worker must offer to be given that task.
    """

    scheduler: str = "tcp://127.0.0.1:8786"
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    trusted_network: bool = False
    host: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    contact: str = ""
    offers: tuple[str, ...] = ("heatmap",)
    needs: dict[Literal["similar", "gradcam", "lookalikes"], str] = {"gradcam": "heatmap"}


class ModelSection(BaseModel):
    """A model of the catalogue by name. Any other key overrides the catalogue's; core checks them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = DEFAULT_MODEL


class OwnModel(BaseModel):
    """An operator's own model: the catalogue's entry `preset` ("": the one of the same name), and overrides."""

    model_config = ConfigDict(extra="allow", frozen=True)

    preset: str = ""


class HeatmapSection(Section):
    colormap: Colormap = "cividis"


class AboutSection(Section):
    """What `/about` says about the operator, and its links. "": left out.

    `welcome`: whether the bot introduces itself to a server that adds it.
    """

    operator: Annotated[str, Field(max_length=100)] = ""
    website: Link = ""
    privacy: Link = ""
    support: Link = ""
    welcome: bool = True


class HealthSection(Section):
    """Where `/healthz`, `/readyz` and `/metrics` answer. `port` 0: nowhere."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0


WITH_TOKEN = frozenset({"sokkuri_token", "sokkuri_discord__token", "sokkuri_discord"})
"""Environment variables that hold the token, in lower case. All but the first are accepted in any case."""

_hidden: dict[str, str] = {}
"""The variables that `hide_token` removed from the environment."""


def hide_token() -> None:
    """Remove the token from the environment that child processes inherit. `load` still finds it."""
    for name in list(os.environ):
        if name.lower() in WITH_TOKEN:
            _hidden[name.lower()] = os.environ.pop(name)


class _Environment(EnvSettingsSource):
    """The environment, including what `hide_token` removed. Keys of a model have no declared type, so their values are
    parsed as JSON if they are JSON.
    """

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings)
        self.env_vars = {**_hidden, **self.env_vars}

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        model = values.get("model")
        if isinstance(model, dict):
            values["model"] = {key: value if key == "name" else _json(value) for key, value in model.items()}
        return values


class Settings(BaseSettings):
    """All settings. `model_folder` "": `sokkuri` in the user's cache folder; `locales_folder` "": none.

    The constructor takes the values of the file; environment variables override them.
    """

    model_config = SettingsConfigDict(env_prefix="SOKKURI_", env_nested_delimiter="__", extra="forbid", frozen=True)

    model_folder: str = ""
    locales_folder: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    discord: DiscordSection = DiscordSection()
    interactions: InteractionsSection = InteractionsSection()
    limits: LimitsSection = Field(default_factory=LimitsSection)
    workers: WorkersSection = WorkersSection()
    dask: DaskSection = DaskSection()
    model: ModelSection = ModelSection()
    models: dict[str, OwnModel] = Field(default_factory=dict)
    heatmap: HeatmapSection = HeatmapSection()
    about: AboutSection = AboutSection()
    health: HealthSection = HealthSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        token = os.environ.get("SOKKURI_TOKEN") or _hidden.get("sokkuri_token")
        short = InitSettingsSource(settings_cls, {"discord": {"token": token}} if token else {})
        return short, _Environment(settings_cls), init_settings

    def model_choice(self, name: str) -> ModelChoice:
        """The operator's own model of this name, or the catalogue's. Overrides in `[model]` are for that model only."""
        own = self.models.get(name, OwnModel())
        overrides = dict(own.model_extra or {})
        if name == self.model.name:
            overrides |= self.model.model_extra or {}
        return ModelChoice(name, {key: _plain(value) for key, value in overrides.items()}, own.preset or None)

    def core(self) -> CoreSettings:
        """The part of the settings that workers need."""
        return CoreSettings(
            model=self.model_choice(self.model.name),
            model_folder=self.model_folder or None,
            limits=Limits(file_bytes=self.limits.file_bytes, pixels=self.limits.pixels),
            threads=self.workers.threads or max(1, _processors() // self.workers.count),
            colormap=self.heatmap.colormap,
            device=self.workers.device,
        )


def load(path: Path | None = None) -> Settings:
    """Load settings from `path`, else from the file that `SOKKURI_CONFIG` names, else from `config.toml` if it exists.

    Raises ConfigError: a named file does not exist or is not TOML, a key is unknown, a value is not allowed.
    """
    named = path or (Path(os.environ["SOKKURI_CONFIG"]) if os.environ.get("SOKKURI_CONFIG") else None)
    file = named or Path("config.toml")
    values: dict[str, Any] = {}
    if named is not None or file.is_file():
        values = _read(file)
    return checked(values, file)


def checked(values: dict[str, Any], file: Path) -> Settings:
    """Settings from the values of `file` and from the environment. Raises ConfigError."""
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from None  # pydantic's own text repeats the values, a token too


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except (
        ValueError,
        RecursionError,
    ) as error:  # not TOML, not text, a number of thousands of digits, or nested too deeply
        raise ConfigError(f"{file}: not valid TOML: {error}") from error


def _explain(error: ValidationError, file: Path) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = [str(part) for part in first["loc"]]
    variable = "SOKKURI_" + "__".join(place).upper()
    if first["type"] == "extra_forbidden":
        known = _keys(place[:-1])
        close = difflib.get_close_matches(place[-1], known, n=1)
        what = "unknown setting" + (f", did you mean {close[0]}?" if close else f"; known here: {', '.join(known)}")
    else:
        what = first["msg"][:1].lower() + first["msg"][1:]
    return f"{'.'.join(place)} ({file} or {variable}): {what}"


def _keys(section: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in section:
        inner = model.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _plain(value: Any) -> Any:
    """Turn lists into tuples, so that frozen settings hold nothing mutable."""
    if isinstance(value, list):
        return tuple(_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
