"""Refusals: a code, the figures that explain it, and nothing that must be parsed out of a sentence.

A refusal is raised with a code (`room.what_happened`) and parameters; the sentence in the reader's
language is made from the `errors` catalogue at the rim (`kernel.i18n.explain`). `status` is the
HTTP status that says the same.
"""

from __future__ import annotations

from typing import ClassVar

Detail = str | int | bool | None


class MartletError(Exception):
    """A refusal that a person can act on."""

    status: ClassVar[int] = 400

    def __init__(self, code: str, **details: Detail) -> None:
        assert "." in code, code
        self.code = code
        self.details: dict[str, Detail] = details
        shown = ", ".join(f"{name}={value!r}" for name, value in details.items())
        super().__init__(f"{code}({shown})")


class Invalid(MartletError):
    """The request cannot be understood: a field is missing, malformed or out of range."""

    status = 422


class Unauthenticated(MartletError):
    """Nobody known is asking."""

    status = 401


class Forbidden(MartletError):
    """The one who asks may not do this."""

    status = 403


class NotFound(MartletError):
    """There is no such thing, or not for the one who asks."""

    status = 404


class Conflict(MartletError):
    """The request contradicts what has already happened."""

    status = 409


class Refused(MartletError):
    """The request is understood and a rule of the bank says no."""

    status = 422


class TooLarge(MartletError):
    """More was sent than is ever accepted."""

    status = 413


class TooMany(MartletError):
    """Too much at once; the same request may succeed later."""

    status = 429


class Unavailable(MartletError):
    """Something that this needs is not there: a part of the bank is closed or not installed."""

    status = 503


class Corrupt(MartletError):
    """What is stored contradicts itself. Never repaired silently."""

    status = 500


def missing_extra(extra: str, package: str) -> Unavailable:
    """Return the one clear sentence for an optional library that is not installed."""
    return Unavailable("kernel.missing_extra", extra=extra, package=package)
