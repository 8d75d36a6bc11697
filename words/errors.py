"""What is wrong and what to do next, in words."""

from __future__ import annotations

from dataclasses import fields

from core.contracts import Fault, FileTooLarge, PictureTooLarge, SokkuriError, Unrecognisable
from words.cautions import dashed, measured
from words.locales import Language, Value, megabytes


def describe_error(error: BaseException, words: Language, *, job_id: str = "") -> str:
    """For a fault of ours, an apology with the request's id."""
    if not isinstance(error, SokkuriError):
        return words.text("error-fault", id=job_id)
    key = f"error-{error.code.replace('_', '-')}"
    if isinstance(error, Fault):
        return words.text(key if words.has(key) else "error-fault", id=job_id)
    if permission := getattr(error, "permission", ""):
        own = f"error-missing-{permission.replace('_', '-')}"
        key = own if words.has(own) else key
    if isinstance(error, Unrecognisable):
        key = f"error-unrecognisable-{dashed(error.kind)}"
    return words.text(key, **_values(error, words))


def _values(error: SokkuriError, words: Language) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for field in fields(error):  # type: ignore[arg-type]  # every leaf of the tree is a dataclass
        value = getattr(error, field.name)
        if field.name == "photo":
            values["photo"] = words.quote(value)
        elif field.name == "permission":
            values["permission"] = _permission(value, words)
        elif field.name == "seconds":
            values["time"] = words.duration(value)
        elif isinstance(value, str | int | float):
            values[field.name] = value
    if isinstance(error, FileTooLarge):
        values |= {"size": megabytes(error.size), "limit": megabytes(error.limit)}
    if isinstance(error, PictureTooLarge):
        values["limit"] = error.limit / 1e6
    if isinstance(error, Unrecognisable):
        values |= measured(error.kind, error.value)
    return values


def _permission(name: str, words: Language) -> str:
    """Discord's word for a permission, as its settings show it."""
    key = f"permission-{name.replace('_', '-')}"
    return words.text(key) if words.has(key) else name
