"""core.shrink: fewer bytes, as much of the picture as they can hold, and all that is said of where it came from."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image

from core import photo
from core.contracts import Picture, PictureFormat
from core.provenance import synthetic_average
from core.shrink import LEAST_SIDE, shrink

FACES = Path(__file__).parents[2] / "sandbox" / "faces"


@pytest.fixture(scope="module")
def pixels() -> NDArray[np.uint8]:
    with Image.open(FACES / "person_a_1.jpg") as image:
        return np.asarray(image.convert("RGB").resize((480, 480)))


def opened(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.data))


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("part", [0.9, 0.5, 0.2])
def test_a_picture_fits_and_is_as_good_as_fits(kind: PictureFormat, part: float, pixels: NDArray[np.uint8]) -> None:
    whole = photo.encode(pixels, kind, 95, synthetic_average(3))
    limit = round(len(whole.data) * part)
    small = shrink(whole, limit)
    assert small is not None
    assert len(small.data) <= limit
    with opened(small) as image:
        assert image.size == (small.width, small.height)
        said = image.getexif()[ExifTags.Base.ImageDescription]
        assert said == "Synthetic average of 3 faces, made by Sokkuri."
        assert b"compositeSynthetic" in image.info["xmp"]
        back = np.asarray(image.convert("RGB").resize((480, 480)), dtype=float)
    assert np.abs(back - pixels).mean() < 12, "still the same picture"


def test_a_larger_limit_gives_no_worse_a_picture(pixels: NDArray[np.uint8]) -> None:
    whole = photo.encode(pixels, "png")
    sizes = [len(found.data) for limit in (5_000, 10_000, 20_000, 40_000) if (found := shrink(whole, limit))]
    assert sizes == sorted(sizes)
    assert len(sizes) == 4


def test_nothing_is_left_of_a_picture_that_may_have_no_room(pixels: NDArray[np.uint8]) -> None:
    assert shrink(photo.encode(pixels), 300) is None
    tiny = photo.encode(pixels[200 : 200 + LEAST_SIDE, 200 : 200 + LEAST_SIDE])
    assert shrink(tiny, 800) is None, "no smaller than that"


@pytest.mark.parametrize("part", [0.8, 0.4, 0.2])
def test_an_animation_stays_one_and_takes_as_long(part: float, pixels: NDArray[np.uint8]) -> None:
    frames = [np.roll(pixels, 20 * at, axis=1) for at in range(8)]
    milliseconds = [40 * (at + 1) for at in range(8)]
    whole = photo.encode_animation(frames, milliseconds, synthetic_average(3))
    limit = round(len(whole.data) * part)
    small = shrink(whole, limit)
    assert small is not None
    assert len(small.data) <= limit
    with opened(small) as image:
        assert b"compositeSynthetic" in image.info["xmp"]
        shown = 0
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            image.load()
            shown += image.info["duration"]
    assert shown == sum(milliseconds)
    assert shrink(whole, 300) is None
