"""An average face: the canvas of combined faces, and the picture made from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.average import light, texture
from core.average.fill import filled
from core.average.form import Form
from core.average.frames import frame
from core.contracts import AverageRecipe


@dataclass(frozen=True, eq=False)
class Canvas:
    """Combined faces, before their texture is restored and they are bent to their own shape.

    `values` float32 (s, s, 3): light, 0-1 (see `light`); `held` float32 (s, s): the mean share of a face in each pixel,
    0-1; `energy` float32 (bands, cells, cells): see `texture`. s is the side of the canvas of the recipe's frame.
    """

    recipe: AverageRecipe
    values: NDArray[np.float32]
    held: NDArray[np.float32]
    energy: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Average:
    """`pixels`: uint8 RGB size x size x 3; `form` and `canvas`: what it was made from, for mixtures."""

    pixels: NDArray[np.uint8]
    form: Form
    canvas: Canvas

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """float32 (478, 2), in the picture's pixels."""
        return self.form.landmarks


def developed(canvas: Canvas, form: Form) -> Average:
    """The picture of the canvas, bent to this form."""
    recipe = canvas.recipe
    numbers = light.to_numbers(filled(canvas.values, canvas.held), recipe.light)
    place = frame(recipe.shape, recipe.size)
    if recipe.texture > 0:
        numbers = texture.restored(numbers, canvas.energy, canvas.held, place.oval, recipe.texture)
    pixels = light.to_pixels(place.picture(numbers, form))
    if recipe.symmetric:  # both sides are the same already, except for rounding
        half = recipe.size // 2
        pixels[:, -half:] = pixels[:, :half][:, ::-1]
    return Average(pixels, form, canvas)
