"""Settings, from `config.toml` and from the environment.

Every setting stands in `config.example.toml` with its default, its unit and a word about it. The environment goes
before the file: `SOKKURI_` and the name, sections parted by two underscores (`SOKKURI_LIMITS__PIXELS=50000000`), and
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
from core.contracts import Colormap, CoreSettings, Device, Limits, ModelChoice

DISCORD_API = "https://discord.com/api/v10"
DISCORD_CDN = "https://cdn.discordapp.com"

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Link = Annotated[str, Field(pattern=r"^(https?://[^\s<>()]{1,500})?$")]


class Section(BaseModel):
    """One table of the file. A key that is not known is an error, so that no typing mistake goes unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangingSection(Section):
    """A table that may change while the bot runs: whoever reads a setting of it at each use goes by the newest.

    `AT_START`: those that are read once all the same.
    """

    model_config = ConfigDict(frozen=False)
    AT_START: ClassVar[frozenset[str]] = frozenset()

    def become(self, other: Self) -> None:
        """Have the values of `other` from now on, but for those of `AT_START`."""
        for name in type(self).model_fields.keys() - self.AT_START:
            setattr(self, name, getattr(other, name))


class DiscordSection(Section):
    """How to reach Discord. `shards`: of all processes together, 0: as many as Discord recommends; `shard_ids`: those
    of this process, none: all of them.
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
    def _of_all(cls, ids: tuple[int, ...], given: ValidationInfo) -> tuple[int, ...]:
        count = given.data.get("shards")  # None where that is wrong itself
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
    """Commands over HTTP in place of the gateway. `port` 0: by the gateway; `public_key` "": Discord is asked for it;
    `peers`: addresses of all instances.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    public_key: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{64})?$")] = ""
    peers: tuple[Annotated[str, Field(pattern=r"^http://[^\s/?#@]+/?$")], ...] = ()


class LimitsSection(ChangingSection):
    """What a request may cost. Bytes, pixels (width times height), seconds, and counts."""

    # Workers are started with the first two, and Discord is told the others as bounds of options.
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
    """Who does the work: `local` processes, or those of a `dask` cluster, of which `count` at once. `threads` 0: the
    processors, shared among them; `tasks`, `memory_bytes` and `recycle_bytes` 0: no limit. `heatmaps`: whether they
    load what heatmaps take when they start; `device`: where their networks run; `batch_seconds` 0: each has its own.
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
    """The cluster. `tls_ca` "": no encryption, and then nothing but loopback addresses, unless `trusted_network`.
    `host`, `port`, `contact`, `offers`: of a worker, for `sokkuri worker`.

    `needs`: which tasks go only to workers that offer something, by name of the task.
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
    """A model of the catalogue by name. Any other key overrides the catalogue's; core checks those."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = "dlib"


class OwnModel(BaseModel):
    """A model of one's own under its own name: the catalogue's entry `preset` ("": of the same name), and overrides."""

    model_config = ConfigDict(extra="allow", frozen=True)

    preset: str = ""


class HeatmapSection(Section):
    colormap: Colormap = "cividis"


class AboutSection(Section):
    """What `/about` says of those who run this bot, and where more is found. "": nothing.

    `welcome`: whether a server that adds the bot is told what it can do.
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
"""Variables of the environment that hold the token, in lower case: any case will do for all but the first."""

_hidden: dict[str, str] = {}
"""Of those, what `hide_token` took out of the environment."""


def hide_token() -> None:
    """Take the token out of the environment, which processes that are started later inherit. `load` still finds it."""
    for name in list(os.environ):
        if name.lower() in WITH_TOKEN:
            _hidden[name.lower()] = os.environ.pop(name)


class _Environment(EnvSettingsSource):
    """The environment, with what is hidden of it, and with the model's free keys read as JSON where they are JSON: no
    type says so for them.
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
    """Everything that can be set. `model_folder` "": `sokkuri` in the user's cache folder; `locales_folder` "": none.

    Values given to the constructor are those of the file: the environment goes before them.
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
        """The model of this name: one's own, or the catalogue's. What `[model]` overrides is its own model's alone."""
        own = self.models.get(name, OwnModel())
        overrides = dict(own.model_extra or {})
        if name == self.model.name:
            overrides |= self.model.model_extra or {}
        return ModelChoice(name, {key: _plain(value) for key, value in overrides.items()}, own.preset or None)

    def core(self) -> CoreSettings:
        """The part of the settings that the workers are given."""
        return CoreSettings(
            model=self.model_choice(self.model.name),
            model_folder=self.model_folder or None,
            limits=Limits(file_bytes=self.limits.file_bytes, pixels=self.limits.pixels),
            threads=self.workers.threads or max(1, _processors() // self.workers.count),
            colormap=self.heatmap.colormap,
            device=self.workers.device,
        )


def load(path: Path | None = None) -> Settings:
    """Settings from `path`, else from the file that `SOKKURI_CONFIG` names, else from `config.toml` if it is here.

    Raises ConfigError: a file that was named is not there or is no TOML, a key is unknown, a value is not allowed.
    """
    named = path or (Path(os.environ["SOKKURI_CONFIG"]) if os.environ.get("SOKKURI_CONFIG") else None)
    file = named or Path("config.toml")
    values: dict[str, Any] = {}
    if named is not None or file.is_file():
        values = _read(file)
    return checked(values, file)


def checked(values: dict[str, Any], file: Path) -> Settings:
    """Settings from what `file` says, and the environment. Raises ConfigError."""
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from None  # pydantic's own text repeats the values, a token too


def _processors() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # no TOML, no text, a number of thousands of digits, or too deep
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
    """Lists of the file as tuples, so that frozen settings hold nothing that can change."""
    if isinstance(value, list):
        return tuple(_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
