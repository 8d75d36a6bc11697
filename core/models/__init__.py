"""Models: what is known about them (catalogue), where their files are (store), and how each family is run."""

from core.models.catalog import resolve
from core.models.spec import ModelSpec

__all__ = ["ModelSpec", "resolve"]
