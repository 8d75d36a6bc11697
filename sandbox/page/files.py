"""Files at addresses of the page's own: these do not expire, and no fault of the CDN strikes them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote

from sandbox.state import Attachment


class PageFiles:
    """Each address is signed by itself and does not hold the page's secret, for it leaves the page: a browser writes
    down where a saved file came from, and people copy addresses of pictures. Such an address leads to its file alone.
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
