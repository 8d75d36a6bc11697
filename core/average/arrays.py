"""Arrays as bytes, to travel to another process.

They follow each other in numpy's own format. In numpy's archive format each would be read twice more, for checksums.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray


def dumped(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    file = BytesIO()
    np.save(file, np.array(list(arrays)), allow_pickle=False)
    for values in arrays.values():
        np.save(file, values, allow_pickle=False)
    return file.getvalue()


def loaded(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays that `dumped` wrote."""
    file = BytesIO(data)
    return {str(name): np.load(file, allow_pickle=False) for name in np.load(file, allow_pickle=False)}
