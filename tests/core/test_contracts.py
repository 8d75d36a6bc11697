from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import FileTooLarge, PersonError, SokkuriError, TooFewFaces, shown_percent


@pytest.mark.parametrize(
    ("percent", "shown"), [(100, 100), (99.996, 100), (99.99, 99.9), (90, 90), (89.999, 89.9), (75.7, 75.7), (0, 0)]
)
def test_a_percentage_is_cut_and_not_rounded(percent: float, shown: float) -> None:
    assert shown_percent(percent) == shown


@given(st.floats(0, 100), st.floats(0, 100))
def test_what_is_shown_keeps_the_order(one: float, other: float) -> None:
    assert shown_percent(min(one, other)) <= shown_percent(max(one, other)) <= max(one, other) + 0.006


@pytest.mark.parametrize("error", [FileTooLarge("a.jpg", 3, 2), TooFewFaces(1, 2, ())])
def test_an_error_survives_the_way_between_processes(error: SokkuriError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert isinstance(copy, PersonError)
