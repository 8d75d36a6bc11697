"""core.similarity.verdict and scorer: what a score means, and that it means the same for everyone."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import CoreSettings, ModelChoice, Photo
from core.engine import Engine, Located
from core.models import resolve
from core.models.embedder import describe
from core.models.spec import ModelSpec
from core.similarity import cohort
from core.similarity.calibration import measure_strangers
from core.similarity.percent import percent_curve
from core.similarity.scorer import Scorer
from core.similarity.scores import all_scores, dissimilarity, score
from core.similarity.verdict import near_line, rank, verdict
from core.similarity.verification import auc, wilson
from core.stages import Stopwatch

DLIB = resolve(ModelChoice("dlib"))
SFACE = resolve(ModelChoice("sface"))
ARTICLE = resolve(ModelChoice("japanese-face-v1", {"path": "mine.onnx"}))
COMPARER = Scorer(DLIB)
assert DLIB.cohort is not None
NOBODY = cohort.load(DLIB.cohort)
ORDER = ["little", "some", "lookalike", "same"]
Locate = Callable[[Photo], Located]


@given(st.floats(0, 3), st.floats(0, 3))
def test_more_alike_has_no_lower_rank_and_no_lesser_word(one: float, two: float) -> None:
    near, far = sorted((one, two))
    ranks = [rank(value, DLIB) for value in (near, far)]
    assert ranks[0] is not None and ranks[1] is not None
    assert ranks[0].part >= ranks[1].part
    assert ORDER.index(verdict(near, DLIB)) >= ORDER.index(verdict(far, DLIB))


@pytest.mark.parametrize("spec", [SFACE, ARTICLE])
@given(one=st.floats(-1, 1), two=st.floats(-1, 1))
def test_a_model_without_strangers_has_all_four_words_too(spec: object, one: float, two: float) -> None:
    far, near = sorted((one, two))
    assert ORDER.index(verdict(near, spec)) >= ORDER.index(verdict(far, spec))  # type: ignore[arg-type]
    assert {verdict(value, spec) for value in np.linspace(-1, 1, 41)} == set(ORDER)  # type: ignore[arg-type]


def test_only_what_is_close_to_the_line_is_in_doubt() -> None:
    assert near_line(0.6, DLIB) and near_line(0.58, DLIB) and near_line(0.62, DLIB)
    assert not near_line(0.5, DLIB) and not near_line(0.7, DLIB)
    assert near_line(0.363, SFACE) and not near_line(0.5, SFACE)


def test_strangers_and_one_person_are_far_apart_in_percent() -> None:
    curve = percent_curve(DLIB)
    assert DLIB.strangers is not None
    assert curve(DLIB.strangers.scores[DLIB.strangers.parts.index(0.5)]) <= 25
    assert "London" in DLIB.strangers.data


@given(st.integers(0, 2**32 - 1))
def test_the_order_and_the_company_of_two_faces_change_nothing(seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(0, 0.1, (5, 128)).astype(np.float32)
    scorer = Scorer(DLIB)
    together = scorer.all_scores(vectors)
    assert np.array_equal(together, together.T)
    assert together.diagonal() == pytest.approx(np.zeros(5))
    assert scorer.score(vectors[0], vectors[1]) == pytest.approx(together[1, 0], abs=1e-9)


def test_a_crowded_neighbourhood_stretches_distances() -> None:
    front, _ = NOBODY.vectors
    assert NOBODY.vectors.shape[0] == 2 and NOBODY.vectors.shape[2] == DLIB.width
    crowded, lonely = front.mean(axis=0), front[0] * 2
    around = NOBODY.surroundings(np.stack([crowded, lonely]))
    assert around[0, 0] < around[1, 0]
    from_the_front = np.zeros(2, dtype=bool)
    assert (
        NOBODY.factors(np.stack([crowded, crowded]), from_the_front)[0, 1]
        > NOBODY.factors(np.stack([lonely, lonely]), from_the_front)[0, 1]
    )
    # the plain mean, done by hand
    distances = np.sort(np.linalg.norm(front - lonely, axis=1))
    assert around[1, 0] == pytest.approx(distances[: NOBODY.neighbours].mean())


@given(st.integers(0, 2**32 - 1), st.lists(st.booleans(), min_size=5, max_size=5))
def test_each_face_is_measured_among_faces_seen_as_the_other_one_is(seed: int, seen: list[bool]) -> None:
    vectors, profiles = np.random.default_rng(seed).normal(0, 0.1, (5, 128)), np.array(seen)
    factors, around = NOBODY.factors(vectors, profiles), NOBODY.surroundings(vectors)
    assert np.array_equal(factors, factors.T)
    scale = NOBODY.scales[int(seen[1]) + int(seen[3])]
    assert factors[1, 3] == pytest.approx(2 * scale / (around[1, int(seen[3])] + around[3, int(seen[1])]))
    exact = vectors.astype(np.float32)
    together = COMPARER.all_scores(exact, profiles)
    assert COMPARER.score(exact[3], exact[1], (seen[3], seen[1])) == pytest.approx(together[1, 3], abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.lists(st.booleans(), min_size=4, max_size=4))
def test_a_cosine_of_two_profiles_alone_is_normalised_by_the_distance_of_unit_vectors(
    seed: int, seen: list[bool]
) -> None:
    assert SFACE.cohort is not None
    nobody = cohort.load(SFACE.cohort)
    vectors, profiles = np.random.default_rng(seed).normal(0, 3, (4, 128)).astype(np.float32), np.array(seen)
    found = Scorer(SFACE).all_scores(vectors, profiles)
    assert np.array_equal(found, found.T) and found.diagonal() == pytest.approx(np.ones(4))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for i, j in ((0, 1), (2, 3)):
        distance = np.linalg.norm(unit[i] - unit[j])
        if seen[i] and seen[j]:
            around = nobody.surroundings(unit[[i, j]].astype(np.float64))[:, 1]
            distance *= nobody.scales[2] / around.mean()
        assert found[i, j] == pytest.approx(max(1 - distance**2 / 2, -1), abs=1e-5)
        assert Scorer(SFACE).score(vectors[j], vectors[i], (seen[j], seen[i])) == pytest.approx(found[i, j], abs=1e-9)


def test_a_mirror_image_is_the_same_face(engine: Engine, locate: Locate, sample: Callable[[str], Photo]) -> None:
    crop = engine.crop(locate(sample("a_1"))).pixels
    vectors = describe(engine.embedder, np.stack([crop, crop[:, ::-1]]))
    metric = engine.embedder.spec.metric
    assert dissimilarity(score(vectors[0], vectors[1], metric), metric) == pytest.approx(0, abs=1e-5)


@dataclass(frozen=True, eq=False)
class Londoners:
    """Crops of all people, neutral and smiling (uint8, 2 x n x s x s x 3), and their ethnic groups."""

    crops: np.ndarray
    groups: list[str]


@pytest.fixture(scope="module", params=["sface", "dlib"])
def network(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = Engine(CoreSettings(model=ModelChoice(request.param)))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def fronts(shared: Path, network: Engine) -> Londoners:
    folder = shared / "faces" / "london"
    with (folder / "people.csv").open() as file:
        people = list(csv.DictReader(file))
    crops = [
        [network.crop(located(network, folder / person["id"] / f"{view}.jpg")).pixels for person in people]
        for view in ("neutral_front", "smiling_front")
    ]
    return Londoners(np.array(crops), [person["ethnic_group"] for person in people])


def located(network: Engine, photo: Path) -> Located:
    return network.locate(Photo(photo.name, photo.read_bytes()), Stopwatch())


@pytest.fixture(scope="module")
def londoners(fronts: Londoners, network: Engine) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Neutral and smiling vectors of all people, and their ethnic groups."""
    neutral, smiling = (describe(network.embedder, crops) for crops in fronts.crops)
    return neutral, smiling, fronts.groups


def far(spec: ModelSpec, values: np.ndarray) -> np.ndarray:
    """Scores as parts of the threshold's dissimilarity: up to 1 is one person."""
    return np.asarray(dissimilarity(values, spec.metric) / dissimilarity(spec.threshold, spec.metric))  # type: ignore[arg-type]


@pytest.mark.shared
def test_neutral_and_smiling_londoners_are_told_apart(fronts: Londoners, network: Engine) -> None:
    """By the network alone, without mirror images or a cohort."""
    spec, count = network.embedder.spec, len(fronts.groups)
    vectors = np.concatenate([network.embedder(crops) for crops in fronts.crops])
    apart = far(spec, all_scores(vectors, spec.metric))[:count, count:]
    same = apart.diagonal()
    different = apart[~np.eye(count, dtype=bool)]
    assert (same[:, np.newaxis] < different[np.newaxis]).mean() >= 0.999
    assert same.max() < 1


@pytest.mark.shared
def test_one_line_serves_all_groups_of_londoners(
    londoners: tuple[np.ndarray, np.ndarray, list[str]], network: Engine
) -> None:
    neutral, smiling, names = londoners
    groups, spec = np.array(names), network.embedder.spec
    count = len(groups)
    scores = network.scorer.all_scores(np.concatenate([neutral, smiling]))[:count, count:]
    taken = far(spec, scores) <= 1
    assert taken.diagonal().all()
    apart = ~np.eye(count, dtype=bool)
    overall = taken[apart].mean()
    assert overall <= 0.01
    for group in set(names):
        inside = taken[apart & (groups[:, np.newaxis] == group) & (groups[np.newaxis] == group)]
        assert wilson(int(inside.sum()), len(inside)).low <= 3 * max(overall, 0.001)
    curve = percent_curve(spec)
    percents = [curve(value) for value in scores.diagonal()]
    assert np.median(percents) >= 95 and min(percents) >= 50
    assert np.median([curve(value) for value in scores[apart]]) <= 35


@pytest.mark.shared
def test_a_rank_holds_for_londoners_who_were_not_asked(
    londoners: tuple[np.ndarray, np.ndarray, list[str]], network: Engine
) -> None:
    neutral, _, names = londoners
    scores, spec = network.scorer.all_scores(neutral), network.embedder.spec
    apart = far(spec, scores)
    random = np.random.default_rng(3)
    inside, total = 0, 0
    for _ in range(6):
        halves = np.array_split(random.permutation(len(names)), 2)
        asked, others = ([(a, b) for a in half for b in half if a < b] for half in halves)
        told = measure_strangers(
            "", np.array([scores[pair] for pair in asked]), [(str(a), str(b)) for a, b in asked], spec.metric
        )
        found = [np.mean([apart[pair] <= value for pair in others]) for value in far(spec, np.array(told.scores))]
        inside += int((np.abs(np.array(found) - told.parts) <= told.errors).sum())
        total += len(found)
    assert inside / total >= 0.9


@pytest.mark.shared
def test_the_line_serves_profiles_too(shared: Path, network: Engine) -> None:
    folders = sorted(path for path in (shared / "faces" / "london").iterdir() if path.is_dir())[::3]
    vectors, profiles = [], []
    for view in ("neutral_front", "neutral_left_profile", "smiling_right_profile"):
        photos = [located(network, folder / f"{view}.jpg") for folder in folders]
        vectors.append(describe(network.embedder, np.stack([network.crop(photo).pixels for photo in photos])))
        profiles += [photo.face.profile is not None for photo in photos]
    count = len(folders)
    assert profiles == [False] * count + [True] * 2 * count
    apart = far(network.embedder.spec, network.scorer.all_scores(np.concatenate(vectors), np.array(profiles)))
    mixed = np.concatenate([apart[:count, count : 2 * count], apart[:count, 2 * count :]])
    both = apart[count : 2 * count, 2 * count :]
    one_person = np.tile(np.eye(count, dtype=bool), (2, 1))
    people, strangers = mixed[one_person], mixed[~one_person]
    assert auc(-people, -strangers).value >= 0.93
    # the cohort knows the Londoners, and sets all of them farther apart than others: the order is what can be tested
    assert (people <= np.quantile(strangers, 0.01)).mean() >= 0.5
    assert wilson(int((strangers <= 1).sum()), len(strangers)).low <= 0.01
    others = both[~np.eye(count, dtype=bool)]
    assert wilson(int((others <= 1).sum()), len(others)).low <= 0.01
    assert (both.diagonal() <= np.quantile(others, 0.01)).mean() >= 0.6
