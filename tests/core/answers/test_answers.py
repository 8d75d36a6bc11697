"""A request's whole way through core, with the real models on faces of nobody."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from core import tasks, templates
from core.answers import gradcam, similar
from core.contracts import (
    BrokenPicture,
    CoreSettings,
    GradcamRequest,
    Limits,
    ModelBroken,
    NoFace,
    NotAPicture,
    Photo,
    PictureFormat,
    PictureTooLarge,
    SimilarRequest,
    SimilarResult,
)
from core.engine import Engine
from core.geometry import similarity_transform
from core.models.catalog import LANDMARKS_FILE
from core.models.store import Store
from core.templates import TEMPLATES

Sample = Callable[[str], Photo]

ALIKE = ("b", "e")
"""The most alike of the faces of nobody: averages of people lie closer together than people do."""


def image(photo: Photo) -> Image.Image:
    return Image.open(BytesIO(photo.data)).convert("RGB")


def saved(picture: Image.Image, encoding: str, name: str = "copy", **options: object) -> Photo:
    out = BytesIO()
    picture.save(out, encoding, **options)
    return Photo(name, out.getvalue())


def heic(picture: Image.Image) -> Photo:
    out = BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=80)
    return Photo("copy.heic", out.getvalue())


def compare(engine: Engine, first: Photo, second: Photo) -> SimilarResult:
    """How alike they are, and not why, which takes longer."""
    return similar.answer(engine, SimilarRequest(first, second, explain=False))


@pytest.mark.parametrize("person", "abcdef")
def test_two_photos_of_one_person_are_the_same_person(person: str, engine: Engine, sample: Sample) -> None:
    result = compare(engine, sample(f"{person}_1"), sample(f"{person}_2"))
    assert result.same_person
    assert result.percent > 95
    assert result.score > result.threshold == 0.363


@pytest.mark.parametrize(("one", "other"), [two for two in combinations("abcdef", 2) if two != ALIKE])
def test_two_people_are_not(one: str, other: str, engine: Engine, sample: Sample) -> None:
    result = compare(engine, sample(f"{one}_1"), sample(f"{other}_2"))
    assert not result.same_person
    assert result.percent < 90


def test_two_averages_may_be_more_alike_than_people_are(engine: Engine, sample: Sample) -> None:
    """They pass the line of people, though not by far."""
    result = compare(engine, *(sample(f"{one}_1") for one in ALIKE))
    assert result.score == pytest.approx(result.threshold, abs=0.05)


def test_the_order_of_the_photos_changes_nothing(engine: Engine, sample: Sample) -> None:
    forth = compare(engine, sample("a_1"), sample("c_2"))
    back = compare(engine, sample("c_2"), sample("a_1"))
    assert forth.score == pytest.approx(back.score, abs=1e-6)
    assert forth.percent == pytest.approx(back.percent, abs=1e-3)
    assert [face.photo for face in forth.faces] == ["person_a_1.jpg", "person_c_2.jpg"]
    assert [face.photo for face in back.faces] == ["person_c_2.jpg", "person_a_1.jpg"]


def test_each_face_is_laid_on_the_models_template_once(
    engine: Engine, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its crop, its landmarks in the crop and the map on the card all go by one matrix."""
    spec = engine.embedder.spec
    places = np.array(TEMPLATES[spec.template].points, np.float32) * spec.input_size
    fitted = []

    def counted(source: np.ndarray, target: np.ndarray) -> np.ndarray:
        fitted.append(np.array_equal(target, places))
        return similarity_transform(source, target)

    monkeypatch.setattr(templates, "similarity_transform", counted)
    similar.answer(engine, SimilarRequest(sample("a_1"), sample("b_1")))
    assert sum(fitted) == 2


def test_the_same_photo_is_a_hundred_percent_alike(engine: Engine, sample: Sample) -> None:
    result = compare(engine, sample("a_1"), sample("a_1"))
    assert result.score == pytest.approx(1, abs=1e-6)
    assert result.percent == pytest.approx(100, abs=1e-3)


def turned(picture: Image.Image) -> Photo:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    return saved(picture.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=92, exif=exif)


COPIES: dict[str, Callable[[Image.Image], Photo]] = {
    "mirrored": lambda picture: saved(ImageOps.mirror(picture), "JPEG", quality=90),
    "jpeg, poor": lambda picture: saved(picture, "JPEG", quality=40),
    "png": lambda picture: saved(picture, "PNG"),
    "webp": lambda picture: saved(picture, "WEBP", quality=80),
    "gif": lambda picture: saved(picture.quantize(256), "GIF"),
    "avif": lambda picture: saved(picture, "AVIF", quality=70),
    "heic": heic,
    "cmyk": lambda picture: saved(picture.convert("CMYK"), "JPEG", quality=90),
    "with alpha": lambda picture: saved(picture.convert("RGBA"), "PNG"),
    "palette": lambda picture: saved(picture.quantize(256), "PNG"),
    "turned by exif": turned,
    "half as large": lambda picture: saved(picture.resize((256, 256)), "PNG"),
    "eight times as large": lambda picture: saved(picture.resize((4096, 4096)), "JPEG", quality=90),
    "larger frame": lambda picture: saved(ImageOps.expand(picture, (300, 100, 20, 200), "navy"), "PNG"),
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_is_still_the_same_person(change: str, engine: Engine, sample: Sample) -> None:
    photo = sample("b_1")
    result = compare(engine, photo, COPIES[change](image(photo)))
    assert result.same_person
    assert result.score > 0.8


def test_a_box_is_in_pixels_of_the_upright_photo_as_it_came(engine: Engine, sample: Sample) -> None:
    photo = sample("b_1")
    plain, large = (
        compare(engine, photo, COPIES[name](image(photo))).faces[1].box for name in ("png", "eight times as large")
    )
    assert np.array(large) / 8 == pytest.approx(np.array(plain), abs=4)


@pytest.mark.parametrize("encoding", ["jpeg", "png", "webp"])
def test_the_picture_comes_in_the_format_that_was_asked_for(
    encoding: PictureFormat,
    engine: Engine,
    sample: Sample,
) -> None:
    photos = tuple(sample(name) for name in ("a_1", "b_1"))
    pictures = [
        similar.answer(engine, SimilarRequest(*photos, picture_format=encoding, explain=False)).picture,
        gradcam.answer(engine, GradcamRequest(photos[0], picture_format=encoding)).picture,
    ]
    for picture in pictures:
        opened = Image.open(BytesIO(picture.data))
        assert (opened.format or "").lower() == encoding == picture.format
        assert opened.size == (picture.width, picture.height)


def test_a_heatmap_says_where(engine: Engine, sample: Sample) -> None:
    result = gradcam.answer(engine, GradcamRequest(sample("b_2")))
    assert sum(result.regions.values()) == pytest.approx(1)
    assert result.outside_face == result.regions["outside"] < 0.5
    assert len(result.faces) == 1 and result.face == 0


def test_faces_are_counted_from_left_to_right_and_the_largest_is_taken(engine: Engine, sample: Sample) -> None:
    group = Image.new("RGB", (1000, 512), (90, 100, 110))
    group.paste(image(sample("b_1")).resize((360, 360)), (0, 100))
    group.paste(image(sample("a_1")), (480, 0))
    photo = saved(group, "PNG", "group.png")
    explained = gradcam.answer(engine, GradcamRequest(photo))
    assert [face.box[0] < 480 for face in explained.faces] == [True, False]
    assert explained.face == 1
    compared = compare(engine, photo, sample("a_2"))
    assert compared.same_person
    assert compared.face_counts == (2, 1)


@pytest.mark.parametrize("second", [True, False])
def test_an_error_names_the_photo(second: bool, engine: Engine, sample: Sample) -> None:
    good = sample("a_1")
    for bad, kind in (
        (Photo("wall.png", saved(Image.new("RGB", (300, 300), "white"), "PNG").data), NoFace),
        (Photo("text.jpg", b"hello"), NotAPicture),
        (Photo("cut.jpg", good.data[: len(good.data) // 2]), BrokenPicture),
    ):
        with pytest.raises(kind) as caught:
            compare(engine, *((good, bad) if second else (bad, good)))
        assert caught.value.photo == bad.name


def test_limits_come_from_the_settings(sample: Sample) -> None:
    small = Engine(CoreSettings(limits=Limits(pixels=512 * 512 - 1)))
    with pytest.raises(PictureTooLarge):
        compare(small, sample("a_1"), sample("b_1"))
    small.close()


def test_a_landmark_file_that_is_none_is_named(tmp_path: Path, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store would not hand it out; another version of MediaPipe may see it so."""
    none = tmp_path / LANDMARKS_FILE
    none.write_bytes(b"\0" * 3_758_596)
    real = Store.path
    monkeypatch.setattr(Store, "path", lambda store, name: real(store, name) if name != LANDMARKS_FILE else none)
    with pytest.raises(ModelBroken, match=LANDMARKS_FILE):
        gradcam.answer(Engine(CoreSettings()), GradcamRequest(sample("a_1")))


def test_tasks_answer_and_their_answers_travel(sample: Sample) -> None:
    settings = CoreSettings()
    tasks.warm(settings)
    result = tasks.similar(settings, SimilarRequest(sample("a_1"), sample("a_2")))
    assert pickle.loads(pickle.dumps(result)) == result
    assert result.stages["embed"] > 0
    tasks.close()
    with pytest.raises(NotAPicture) as caught:
        tasks.gradcam(settings, GradcamRequest(Photo("x", b"")))
    assert pickle.loads(pickle.dumps(caught.value)).photo == "x"
    tasks.close()
