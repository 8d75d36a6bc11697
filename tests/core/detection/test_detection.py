"""Faces are found at any size and turn, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.contracts import Limits, ModelBroken, Photo
from core.detection import centerface
from core.detection.centerface import CenterFace, Detection, best_of, network_file
from core.detection.finder import FaceFinder
from core.detection.mesh import MeshNetwork
from core.detection.search import confirm, look, search
from core.face import FIVE, Face
from core.models.catalog import DETECTOR_FILE, LANDMARKS_FILE
from core.models.store import Store, default_folder
from core.photo import decode

Pixels = NDArray[np.uint8]
VIEWS = ("front", "left_3quarter", "right_3quarter", "left_profile", "right_profile")


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    store = Store(default_folder())
    with FaceFinder(store.path(LANDMARKS_FILE), partial(network_file, store)) as finder:
        yield finder


@pytest.fixture(scope="module")
def people(sample_faces: Path) -> list[Pixels]:
    """The twelve faces of nobody, 512 x 512."""
    return [read(path) for path in sorted(sample_faces.glob("person_*.jpg"))]


@pytest.fixture(scope="module")
def faces(finder: FaceFinder, people: list[Pixels]) -> list[Face]:
    """The one face of each of them."""
    return [only(finder.find(person)) for person in people]


def read(path: Path) -> Pixels:
    return decode(Photo(path.name, path.read_bytes()), Limits()).pixels


def only(faces: tuple[Face, ...]) -> Face:
    (face,) = faces
    return face


@dataclass(frozen=True)
class Pasted:
    """Where a face was pasted: the middle of it, and pixels of its longer side."""

    x: float
    y: float
    size: float


def paste(
    canvas: Pixels, portrait: Pixels, box: tuple[int, int, int, int], size: float, place: tuple[int, int], angle: float
) -> Pasted:
    """Put the face of a portrait on a canvas, a square of 1.7 times its size with its left upper corner at `place`."""
    left, top, width, height = box
    side = round(1.7 * size)
    factor = size / max(width, height)
    small = cv2.resize(portrait, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    middle = factor * (left + width / 2), factor * (top + height / 2)
    matrix = cv2.getRotationMatrix2D(middle, angle, 1)
    matrix[:, 2] += side / 2 - np.array(middle)
    x, y = place
    canvas[y : y + side, x : x + side] = cv2.warpAffine(small, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return Pasted(x + side / 2, y + side / 2, size)


def check(faces: tuple[Face, ...], pasted: list[Pasted], missed: int = 0) -> None:
    """Each pasted face was found once, but for `missed` of them, and nothing else was."""
    left = list(faces)
    lost = []
    for one in pasted:
        near = [
            face
            for face in left
            if np.hypot(face.box[0] + face.box[2] / 2 - one.x, face.box[1] + face.box[3] / 2 - one.y) < one.size / 2
        ]
        if near:
            left.remove(near[0])
        else:
            lost.append(one)
    assert [face.box for face in left] == []
    assert len(lost) <= missed, lost


def rows(sizes: list[int], width: int) -> tuple[list[tuple[int, int]], int]:
    """Places for squares of 1.7 times these sizes, and how high the canvas must be."""
    places, x, y, high = [], 0, 0, 0
    for size in sizes:
        side = round(1.7 * size)
        if x + side > width:
            x, y, high = 0, y + high, 0
        places.append((x, y))
        x, high = x + side, max(high, side)
    return places, y + high


def crowd(portraits: list[Pixels], faces: list[Face], sizes: list[int], width: int) -> tuple[Pixels, list[Pasted]]:
    """A picture with one portrait's face of each size, leaning by up to 45 degrees."""
    rng = np.random.default_rng(3)
    places, height = rows(sizes, width)
    canvas = np.clip(rng.normal(150, 3, (height, width, 3)), 0, 255).astype(np.uint8)
    pasted = []
    for portrait, face, size, place in zip(portraits, faces, sizes, places, strict=True):
        pasted.append(paste(canvas, portrait, face.box, size, place, float(rng.uniform(-45, 45))))
    return canvas, pasted


def test_one_clear_face_is_as_mediapipe_has_it(finder: FaceFinder, people: list[Pixels], faces: list[Face]) -> None:
    for person, face in zip(people, faces, strict=True):
        (at_once,) = finder._at_once(person)
        assert not face.approximate
        assert np.array_equal(face.landmarks, at_once.landmarks)


def test_a_face_is_confirmed_where_it_is_and_upright(
    finder: FaceFinder, people: list[Pixels], faces: list[Face]
) -> None:
    for person, face in zip(people[::2], faces[::2], strict=True):
        points, scale = face.landmarks[list(FIVE)], max(face.box[2:])
        assert confirm(finder._network, person, points, scale)
        # five points of an upright face, where the photo has one on its head, one of half the size, or none
        assert not confirm(finder._network, np.ascontiguousarray(np.rot90(person, 2)), points, scale)
        middle = points.mean(axis=0)
        assert not confirm(finder._network, person, (middle + 2 * (points - middle)).astype(np.float32), 2 * scale)
        assert not confirm(finder._network, np.zeros_like(person), points, scale)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_photos_on_their_side_and_on_their_head(
    finder: FaceFinder, people: list[Pixels], faces: list[Face], turns: int
) -> None:
    back: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    back = {
        1: lambda points: np.column_stack([511 - points[:, 1], points[:, 0]]),
        2: lambda points: 511 - points,
        3: lambda points: np.column_stack([points[:, 1], 511 - points[:, 0]]),
    }[turns]
    for person, upright in zip(people[::3], faces[::3], strict=True):
        turned = only(finder.find(np.ascontiguousarray(np.rot90(person, turns))))
        apart = np.linalg.norm(back(turned.landmarks) - upright.landmarks, axis=1).mean()
        assert apart < 0.05 * max(upright.box[2:])


@pytest.mark.parametrize("size", [24, 32, 48, 96])
def test_a_small_face_in_a_large_picture(
    finder: FaceFinder, people: list[Pixels], faces: list[Face], size: int
) -> None:
    for person, large in zip(people[::5], faces[::5], strict=True):
        canvas = np.full((500, 1100, 3), 128, np.uint8)  # wider than what the network is shown at once
        pasted = paste(canvas, person, large.box, size, (900, 300), 0)
        face = only(finder.find(canvas))
        check((face,), [pasted])
        assert 0.75 * size < max(face.box[2:]) < 1.3 * size


def test_a_group_of_twelve(finder: FaceFinder, people: list[Pixels], faces: list[Face]) -> None:
    canvas, pasted = crowd(people, faces, list(range(200, 20, -15)), 1200)
    found = finder.find(canvas)
    check(found, pasted)
    middles = [face.box[0] + face.box[2] / 2 for face in found]
    assert middles == sorted(middles)
    on_its_side = np.ascontiguousarray(np.rot90(canvas))
    check(finder.find(on_its_side), [Pasted(one.y, canvas.shape[1] - 1 - one.x, one.size) for one in pasted], missed=1)


@pytest.mark.parametrize("share", [0.25, 0.4])
def test_faces_that_the_frame_cuts(finder: FaceFinder, people: list[Pixels], faces: list[Face], share: float) -> None:
    left, top, width, height = faces[0].box
    x, y = int(left + share * width), int(top + share * height)
    right, bottom = int(left + (1 - share) * width), int(top + (1 - share) * height)
    for part in (people[0][:, x:], people[0][:, :right], people[0][y:], people[0][:bottom]):
        assert len(finder.find(np.ascontiguousarray(part))) == 1


@pytest.mark.parametrize("blur", [3, 6, 10])
def test_blurred_faces(finder: FaceFinder, people: list[Pixels], faces: list[Face], blur: int) -> None:
    sharp = faces[2]
    blurred = only(finder.find(np.asarray(cv2.GaussianBlur(people[2], (0, 0), blur), np.uint8)))
    assert np.linalg.norm(blurred.landmarks - sharp.landmarks, axis=1).mean() < 0.05 * max(sharp.box[2:])


def test_nothing_is_found_where_nothing_is(finder: FaceFinder, people: list[Pixels]) -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    clouds = cv2.resize(noise[:24, :32], (640, 480), interpolation=cv2.INTER_CUBIC)
    stripes = np.repeat(np.arange(0, 640, dtype=np.uint8)[None, :, None] * 9, 480, axis=0).repeat(3, axis=2)
    shirt = people[0][460:]
    for picture in (noise, np.asarray(clouds, np.uint8), stripes, shirt):
        assert finder.find(np.ascontiguousarray(picture)) == ()
    for shape in ((1, 1), (3, 900), (900, 3), (40, 40), (1300, 400)):
        for grey in (0, 128, 255):
            assert finder.find(np.full((*shape, 3), grey, np.uint8)) == ()


def test_the_mesh_needs_no_more_than_a_box_and_five_points(
    finder: FaceFinder, people: list[Pixels], faces: list[Face]
) -> None:
    mesh = MeshNetwork(Store(default_folder()).path(LANDMARKS_FILE))
    for person, expected in zip(people[:4], faces[:4], strict=True):
        (detection,) = search(finder._network, person)
        found = mesh(person, detection)
        assert found.sure
        assert np.linalg.norm(found.landmarks - expected.landmarks, axis=1).mean() < 0.02 * max(expected.box[2:])
        # told of a face where none is, it lays the mesh on the points that it was given
        elsewhere = Detection(detection.centre * 0 + 60, detection.size / 3, detection.points / 3 + 5, 1.0)
        lost = mesh(np.zeros_like(person), elsewhere)
        assert not lost.sure
        assert np.linalg.norm(lost.landmarks[list(FIVE)] - elsewhere.points, axis=1).mean() < 0.5 * elsewhere.scale


def test_two_boxes_of_one_face_are_one() -> None:
    def at(x: float, y: float, side: float, score: float) -> Detection:
        return Detection(np.array([x, y]), np.array([side, side]), np.zeros((5, 2)), score)

    one, shifted, inside, other = at(50, 50, 40, 0.9), at(55, 52, 40, 0.95), at(52, 52, 12, 0.5), at(95, 50, 40, 0.4)
    assert best_of([one, shifted, inside, other]) == [shifted, other]
    assert best_of([]) == []


def test_a_detection_moves_there_and_back() -> None:
    rng = np.random.default_rng(0)
    one = Detection(rng.normal(size=2), np.array([3.0, 4.0]), rng.normal(size=(5, 2)), 0.5)
    matrix = look(np.array([20.0, 30.0]), 50, 0.7, 96)
    moved = one.moved(matrix)
    again = moved.moved(cv2.invertAffineTransform(matrix))
    assert np.allclose(moved.size, one.size * 96 / 50)
    for before, after in ((one.centre, again.centre), (one.size, again.size), (one.points, again.points)):
        assert np.allclose(before, after)


def test_the_converted_detector_takes_any_size_and_says_the_same(finder: FaceFinder, people: list[Pixels]) -> None:
    network = finder._network
    alone = [network(person[None], 0.5)[0] for person in people[:2]]
    together = network(np.stack(people[:2]), 0.5)
    assert [[one.score for one in some] for some in together] == [
        pytest.approx([one.score for one in some], abs=1e-5) for some in alone
    ]
    wide = np.zeros((1, 512, 700, 3), np.uint8)
    wide[0, :, 150:662] = people[0]
    (found,) = network(wide, 0.5)[0]
    assert found.centre == pytest.approx(alone[0][0].centre + np.array([150, 0]), abs=3)


def test_a_detector_that_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(ModelBroken, match=DETECTOR_FILE):
        CenterFace(broken, 1)
    with pytest.raises(ModelBroken, match=DETECTOR_FILE):
        centerface._free_sizes(broken, tmp_path / "free.onnx")
    good = Store(default_folder()).path(DETECTOR_FILE)
    monkeypatch.setattr(centerface, "_TOLERANCE", -1.0)
    with pytest.raises(ModelBroken, match="difference"):
        centerface._free_sizes(good, tmp_path / "free.onnx")


@pytest.mark.shared
def test_every_view_of_a_londoner_is_found(finder: FaceFinder, shared: Path) -> None:
    files = [
        shared / "faces" / "london" / person / f"{mood}_{view}.jpg"
        for person in ("001", "027", "061", "118")
        for mood, view in zip(("neutral", "smiling") * 3, VIEWS, strict=False)
    ]
    # one that looks like a face on its side in a small copy, and is none there in the photo
    files.append(shared / "faces" / "london" / "143" / "neutral_right_profile.jpg")
    assert [file for file in files if len(finder.find(read(file))) != 1] == []


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("three_astronauts.jpg", 3),
        ("two_on_phones.jpg", 2),
        ("small_face_dog.jpg", 1),
        ("tiny_face_jockey.jpg", 1),
        ("profile_man.jpg", 1),
        ("halfprofile_man.jpg", 1),
        ("noface_cat.png", 0),
        ("noface_coffee.png", 0),
        ("noface_fox.jpg", 0),
        ("noface_mountains.jpg", 0),
    ],
)
def test_the_portraits(finder: FaceFinder, shared: Path, name: str, count: int) -> None:
    assert len(finder.find(read(shared / "faces" / "portraits" / name))) == count


@pytest.mark.shared
def test_a_group_selfie_of_forty(finder: FaceFinder, shared: Path) -> None:
    portraits = [read(file) for file in sorted((shared / "faces" / "thread").glob("*.jpg"))[:40]]
    sizes = [round(size) for size in np.linspace(200, 24, 40)]
    faces = [max(finder.find(portrait), key=lambda face: face.area) for portrait in portraits]
    canvas, pasted = crowd(portraits, faces, sizes, 1800)
    check(finder.find(canvas), pasted, missed=1)
