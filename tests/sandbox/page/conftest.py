"""Pages are opened without a browser, see visitor.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from visitor import OpenPage, visited

from sandbox import Sandbox

Visit = Callable[[], AbstractAsyncContextManager[OpenPage]]


@pytest.fixture
def visit(sandbox: Sandbox) -> Visit:
    """`async with visit() as page`: opened, with its snapshot."""
    return lambda: visited(sandbox)
