"""Models: the catalogue, the store of their files, and how to run each family."""

from core.models.catalog import resolve
from core.models.spec import ModelSpec

__all__ = ["ModelSpec", "resolve"]
