from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, cast, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import geometry, heatmap, templates
from core.contracts import REGIONS, CoreSettings, HeatmapMethod, ModelChoice, ModelMisconfigured, Photo, Region
from core.engine import Engine, Located
from core.models import resolve
from core.models.embedder import Embedder

if TYPE_CHECKING:
    from core.models.explainable import Explainable

SPEC = resolve(ModelChoice())
SIZE = 150

Locate = Callable[[Photo], Located]


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], Photo], locate: Callable[[Photo], Located]) -> Located:
    return locate(sample("b_2"))


@pytest.fixture(scope="module")
def matrix(photo: Located) -> np.ndarray:
    return templates.to_template(photo.face, templates.TEMPLATES["dlib"], SIZE)


@pytest.fixture(scope="module")
def landmarks(photo: Located, matrix: np.ndarray) -> np.ndarray:
    return geometry.transform(photo.face.landmarks, matrix)


@pytest.mark.parametrize(
    ("region", "landmark"),
    [("nose", 4), ("nose", 6), ("mouth", 13), ("mouth", 164), ("eyes", 468), ("eyes", 473), ("brows", 105),
     ("brows", 334), ("cheeks", 50), ("cheeks", 280), ("chin", 199), ("forehead", 151)],
)  # fmt: skip
def test_what_lies_on_a_feature_counts_for_it(region: Region, landmark: int, landmarks: np.ndarray) -> None:
    values = np.zeros((SIZE, SIZE), np.float32)
    x, y = np.round(landmarks[landmark]).astype(int)
    values[y, x] = 0.7
    shares = heatmap.regions(values, landmarks)
    assert shares[region] == 1
    assert sum(shares.values()) == 1


def test_the_corners_of_a_crop_are_outside_the_face(landmarks: np.ndarray) -> None:
    labels = heatmap.region_labels(landmarks, SIZE)
    outside = REGIONS.index("outside")
    assert [labels[0, 0], labels[0, -1], labels[-1, 0], labels[-1, -1]] == [outside] * 4


def test_both_sides_of_the_face_have_the_same_regions(landmarks: np.ndarray) -> None:
    labels = heatmap.region_labels(landmarks, SIZE)
    left, right = labels[:, : SIZE // 2], labels[:, SIZE // 2 :]
    for index in range(len(REGIONS)):
        sizes = (left == index).sum(), (right == index).sum()
        assert min(sizes) > 0.6 * max(sizes), REGIONS[index]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1000))
def test_shares_add_up_and_do_not_depend_on_the_scale(landmarks: np.ndarray, seed: int, scale: float) -> None:
    values = np.random.default_rng(seed).random((SIZE, SIZE), np.float32)
    shares = heatmap.regions(values, landmarks)
    assert sum(shares.values()) == pytest.approx(1)
    assert heatmap.regions(values * np.float32(scale), landmarks) == pytest.approx(shares, abs=1e-4)


def test_an_empty_map_claims_nothing(landmarks: np.ndarray) -> None:
    assert set(heatmap.regions(np.zeros((SIZE, SIZE), np.float32), landmarks).values()) == {0.0}


def test_the_map_comes_back_to_where_the_photo_has_it(
    photo: Located, matrix: np.ndarray, landmarks: np.ndarray
) -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    at = landmarks[473]
    values = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 20).astype(np.float32)
    height, width = photo.pixels.shape[:2]
    laid, coverage = heatmap.on_photo(values, geometry.invert(matrix), height, width)
    top, left = np.unravel_index(laid.argmax(), laid.shape)
    assert (left, top) == pytest.approx(tuple(photo.face.landmarks[473]), abs=1.5)
    assert coverage[top, left] == pytest.approx(1, abs=1e-3)
    assert coverage[0, 0] == 0


@pytest.fixture(scope="module")
def crop(engine: Engine, photo: Located) -> np.ndarray:
    return engine.crop(photo).pixels


@pytest.fixture(scope="module")
def vectors(engine: Engine, crop: np.ndarray, sample: Callable[[str], Photo], locate: Locate) -> np.ndarray:
    """The embedding of the photo, and of another person's."""
    return engine.embedder(np.stack([crop, engine.crop(locate(sample("c_1"))).pixels]))


@pytest.fixture(scope="module")
def targets(vectors: np.ndarray) -> dict[str, heatmap.Target]:
    own, other = vectors
    return {
        "identity": heatmap.Identity(own, SPEC.metric),
        "likeness": heatmap.Similarity(other, SPEC.metric),
        "largest": heatmap.Dimension(int(own.argmax())),
        "dimension": heatmap.Dimension(5),
    }


@pytest.fixture(scope="module")
def hidden_for_identity(engine: Engine, crop: np.ndarray, targets: dict[str, heatmap.Target]) -> np.ndarray:
    """The occlusion map of the photo, which takes 144 embeddings."""
    return heatmap.attention(engine.embedder, crop, "occlusion", targets["identity"])


def test_the_map_is_pytorch_grad_cam_s_own(
    engine: Engine, crop: np.ndarray, targets: dict[str, heatmap.Target]
) -> None:
    from core.models.torchvision_compat import make_importable

    make_importable()
    from pytorch_grad_cam import GradCAM

    explainable = engine.embedder.explainable()
    with GradCAM(model=explainable.module, target_layers=list(explainable.layers)) as cam:
        theirs = cam(explainable.preprocess(crop[np.newaxis]), targets=None)[0]
    assert heatmap.attention(engine.embedder, crop, "gradcam", targets["largest"]) == pytest.approx(theirs, abs=1e-5)


@pytest.mark.parametrize("method", ["gradcam", "gradcam++", "hirescam", "layercam", "eigencam"])
def test_a_face_need_not_be_embedded_before_its_gradients_are_taken(
    method: HeatmapMethod, engine: Engine, crop: np.ndarray, targets: dict[str, heatmap.Target]
) -> None:
    assert not heatmap.METHODS[method].hides_parts
    known_before = heatmap.attention(engine.embedder, crop, method, targets["identity"])
    found = heatmap.attention(engine.embedder, crop, method, heatmap.Identity(None, "euclidean"))
    assert found == pytest.approx(known_before, abs=1e-4)


@pytest.mark.parametrize(
    ("method", "name"),
    [("gradcam", "GradCAM"), ("gradcam++", "GradCAMPlusPlus"), ("hirescam", "HiResCAM"), ("layercam", "LayerCAM"),
     ("eigencam", "EigenCAM")],
)  # fmt: skip
def test_each_method_of_the_library_gives_the_library_s_map(
    method: HeatmapMethod,
    name: str,
    engine: Engine,
    crop: np.ndarray,
    vectors: np.ndarray,
    targets: dict[str, heatmap.Target],
    capsys: pytest.CaptureFixture[str],
) -> None:
    from core.models.torchvision_compat import make_importable

    make_importable()
    import pytorch_grad_cam
    import torch

    other = torch.from_numpy(vectors[1])

    def like_the_other(output: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cosine_similarity(output, other, dim=0)

    explainable = engine.embedder.explainable()
    with getattr(pytorch_grad_cam, name)(model=explainable.module, target_layers=list(explainable.layers)) as cam:
        theirs = cam(explainable.preprocess(crop[np.newaxis]), targets=[like_the_other])[0]
    capsys.readouterr()
    ours = heatmap.attention(engine.embedder, crop, method, targets["likeness"])
    assert capsys.readouterr() == ("", "")
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_score_cam_gives_the_library_s_map(photo: Located, capsys: pytest.CaptureFixture[str]) -> None:
    """With the light model, since the library takes a pass of the network for each of its maps."""
    from core.models.torchvision_compat import make_importable

    make_importable()
    from pytorch_grad_cam import ScoreCAM

    with closing(Engine(CoreSettings(model=ModelChoice("dlib")))) as light:
        crop = light.crop(photo).pixels
        dimension = int(light.embedder(crop[np.newaxis])[0].argmax())
        explainable = light.embedder.explainable()
        with ScoreCAM(model=explainable.module, target_layers=list(explainable.layers)) as cam:
            theirs = cam(explainable.preprocess(crop[np.newaxis]), targets=[lambda output: output[dimension]])[0]
        capsys.readouterr()
        ours = heatmap.attention(light.embedder, crop, "scorecam", heatmap.Dimension(dimension))
    assert capsys.readouterr() == ("", "")
    assert ours == pytest.approx(theirs, abs=1e-5)


@pytest.mark.parametrize(
    ("method", "names"),
    [("layercam", ("identity", "likeness", "largest", "dimension")), ("occlusion", ("likeness",))],
)
def test_the_targets_see_different_things(
    method: HeatmapMethod,
    names: tuple[str, ...],
    engine: Engine,
    crop: np.ndarray,
    targets: dict[str, heatmap.Target],
    hidden_for_identity: np.ndarray,
) -> None:
    maps = [heatmap.attention(engine.embedder, crop, method, targets[name]) for name in names]
    if method == "occlusion":
        maps.append(hidden_for_identity)
    assert all(one.dtype == np.float32 and one.min() >= 0 and one.max() <= 1 for one in maps)
    for i, first in enumerate(maps):
        for second in maps[:i]:
            assert np.abs(first - second).max() > 0.1


def test_occlusion_is_hot_where_hiding_costs_the_most(
    engine: Engine, crop: np.ndarray, targets: dict[str, heatmap.Target], hidden_for_identity: np.ndarray
) -> None:
    target, values = targets["identity"], hidden_for_identity
    order = values.ravel().argsort(kind="stable")
    tenth = len(order) // 10
    distances = []
    for pixels in (order[-tenth:], order[:tenth]):
        hidden = crop.copy()
        hidden.reshape(-1, 3)[pixels] = heatmap.blurred(crop).reshape(-1, 3)[pixels]
        distances.append(-float(target.of(engine.embedder(hidden[np.newaxis]))[0]))
    assert distances[0] > 4 * distances[1]


class WithoutTorch:
    """An embedder whose network has no form in torch."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        return self.embedder(crops)

    def explainable(self) -> Explainable:
        raise ModelMisconfigured("mine", "torch: expected a network in torch, found none")


@pytest.mark.parametrize("method", get_args(HeatmapMethod))
def test_a_method_needs_torch_where_its_row_says_so(
    method: HeatmapMethod, engine: Engine, crop: np.ndarray, targets: dict[str, heatmap.Target]
) -> None:
    without = cast(Embedder, WithoutTorch(engine.embedder))
    if heatmap.METHODS[method].needs_torch:
        with pytest.raises(ModelMisconfigured):
            heatmap.attention(without, crop, method, targets["identity"])
    else:
        assert heatmap.attention(without, crop, method, targets["identity"]).any()


def test_a_face_without_evidence_has_no_map(engine: Engine) -> None:
    grey = np.full((SPEC.input_size, SPEC.input_size, 3), 128, np.uint8)
    (vector,) = engine.embedder(grey[np.newaxis])
    values = heatmap.attention(engine.embedder, grey, "occlusion", heatmap.Identity(vector, SPEC.metric))
    assert not values.any()


def test_cosine_targets_are_cosines() -> None:
    vectors = np.array([[1, 0], [0, 3], [2, 2]], np.float32)
    assert heatmap.Similarity(vectors[0], "cosine").of(vectors) == pytest.approx([1, 0, 0.5**0.5])
    assert heatmap.Similarity(vectors[0], "euclidean").of(vectors) == pytest.approx([0, -(10**0.5), -(5**0.5)])
    assert heatmap.Dimension(1).of(vectors) == pytest.approx([0, 3, 2])
