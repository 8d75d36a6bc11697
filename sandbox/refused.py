"""Discord's error responses: a status, a code of its own, a message, and for forms where each mistake is.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """Discord's response to a request that it does not carry out."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    @property
    def body(self) -> Json:
        body: Json = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


@dataclass(frozen=True)
class Refusal:
    """A breach of Discord's rules, as tests and people can inspect it.

    `where`: the method and path of the request, or the gateway's operation, or the interaction; `status`: that of the
    HTTP response, or the gateway's close code, or None if there was no response; `why`: a sentence.
    """

    where: str
    status: int | None
    code: int
    why: str


def unauthorized() -> Refused:
    return Refused(401, 0, "401: Unauthorized")


def no_route() -> Refused:
    return Refused(404, 0, "404: Not Found")


def unknown_channel() -> Refused:
    return Refused(404, 10003, "Unknown Channel")


def unknown_guild() -> Refused:
    return Refused(404, 10004, "Unknown Guild")


def unknown_member() -> Refused:
    return Refused(404, 10007, "Unknown Member")


def unknown_message() -> Refused:
    return Refused(404, 10008, "Unknown Message")


def unknown_user() -> Refused:
    return Refused(404, 10013, "Unknown User")


def unknown_webhook() -> Refused:
    return Refused(404, 10015, "Unknown Webhook")


def unknown_interaction() -> Refused:
    return Refused(404, 10062, "Unknown interaction")


def unknown_command() -> Refused:
    return Refused(404, 10063, "Unknown application command")


def too_many_attachments() -> Refused:
    return Refused(400, 30015, "Maximum number of attachments in a message reached (10)")


def entity_too_large() -> Refused:
    return Refused(413, 40005, "Request entity too large")


def already_acknowledged() -> Refused:
    return Refused(400, 40060, "Interaction has already been acknowledged.")


def missing_access() -> Refused:
    return Refused(403, 50001, "Missing Access")


def cannot_edit_others() -> Refused:
    return Refused(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> Refused:
    return Refused(400, 50006, "Cannot send an empty message")


def layout_refused() -> Refused:
    wrong = {"code": "BASE_TYPE_CHOICES", "message": "Value must be one of {1}."}
    return Refused(400, 50035, "Invalid Form Body", {"components": {"0": {"type": {"_errors": [wrong]}}}})


def missing_permissions() -> Refused:
    return Refused(403, 50013, "Missing Permissions")


def invalid_webhook_token() -> Refused:
    return Refused(401, 50027, "Invalid Webhook Token")


def invalid_json() -> Refused:
    return Refused(400, 50109, "The request body contains invalid JSON.")


class Form:
    """Collects the mistakes in a JSON body, each under its path, and refuses the body once all are known."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def wrong(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        place = self._errors
        for key in path:
            place = place.setdefault(str(key), {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def longest(self, path: tuple[str | int, ...], value: object, limit: int) -> None:
        """Checks that `value` is None or a string of at most `limit` characters."""
        if value is None:
            return
        if not isinstance(value, str):
            self.wrong(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
        elif len(value) > limit:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")

    def length(self, path: tuple[str | int, ...], value: object, least: int, most: int) -> None:
        """Checks that `value` is a string or list of `least` to `most` characters or items."""
        if value is None:
            self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not isinstance(value, (str, list)):
            self.wrong(path, "BASE_TYPE_CONVERT", "Could not interpret value.")
        elif not least <= len(value) <= most:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def choice(self, path: tuple[str | int, ...], value: object, choices: tuple[object, ...]) -> bool:
        if value in choices and not isinstance(value, bool):
            return True
        listed = ", ".join(map(str, choices))
        self.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
        return False

    def refuse_if_wrong(self) -> None:
        if self._errors:
            raise Refused(400, 50035, "Invalid Form Body", self._errors)
