"""Addresses of files for the page: they do not expire, and faults of the CDN do not affect them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote

from sandbox.state import Attachment


class PageFiles:
    """Signs each address on its own. An address does not hold the page's secret, because it leaves the page: browsers
    record where a saved file came from, and people copy addresses of pictures. It gives access to its file alone.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def url(self, attachment: Attachment, *, proxy: bool = False) -> str:
        folder, id_ = attachment.folder, attachment.id
        return f"/files/{self._sign(folder, id_)}/{folder}/{id_}/{quote(attachment.filename, safe='')}"

    def signed(self, signature: str, folder: int, id: int) -> bool:  # noqa: A002
        return hmac.compare_digest(signature.encode(), self._sign(folder, id).encode())

    def _sign(self, folder: int, id: int) -> str:  # noqa: A002
        return hmac.new(self._key, f"{folder}/{id}".encode(), hashlib.sha256).hexdigest()
