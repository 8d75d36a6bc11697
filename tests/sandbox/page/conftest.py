"""Opens pages without a browser, see page_client.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from page_client import PageClient, open_page

from sandbox import Sandbox

Visit = Callable[[], AbstractAsyncContextManager[PageClient]]


@pytest.fixture
def visit(sandbox: Sandbox) -> Visit:
    """`async with visit() as page`: opens the page and waits for its snapshot."""
    return lambda: open_page(sandbox)
