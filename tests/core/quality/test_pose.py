"""core.quality.pose: how a face is turned, how large it is, and whether its photo was stretched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mean_face import turned

from core.face import Face
from core.quality.pose import pose, stretch, width

ANGLES = {"yaw": st.floats(-60, 60), "pitch": st.floats(-40, 40), "scale": st.floats(5, 200)}


@given(**ANGLES)
def test_the_pose_of_the_mean_face_is_found_in_any_size(yaw: float, pitch: float, scale: float) -> None:
    assert pose(turned(yaw, pitch, scale)) == pytest.approx((yaw, pitch), abs=0.1)


@given(**ANGLES)
def test_the_mean_face_is_as_wide_and_as_little_stretched_whichever_way_it_is_turned(
    yaw: float, pitch: float, scale: float
) -> None:
    face = turned(yaw, pitch, scale)
    assert width(face) == pytest.approx(15.32 * scale, rel=1e-3)
    assert stretch(face) == pytest.approx(1, abs=1e-3)


@given(factor=st.floats(0.5, 2), **ANGLES)
def test_a_wider_photo_has_a_wider_face_and_a_taller_one_a_taller(
    factor: float, yaw: float, pitch: float, scale: float
) -> None:
    """Stretching to the side and, as much, downwards is no stretch: it is a larger photo."""
    face = turned(yaw, pitch, scale)
    wide, tall, large = (
        Face(face.landmarks * np.array(by, np.float32)) for by in ((factor, 1), (1, factor), (factor, factor))
    )
    assert width(wide) == pytest.approx(width(tall), rel=1e-3)
    assert width(large) == pytest.approx(width(face) * factor, rel=1e-3)
    assert stretch(wide) * stretch(tall) == pytest.approx(1, rel=2e-3)
    assert (stretch(wide) > 1) == (factor > 1) or factor == pytest.approx(1, abs=1e-2)
    assert stretch(large) == pytest.approx(1, abs=1e-3)
