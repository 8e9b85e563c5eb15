"""The port through which a login code reaches its owner.

`send` hands the message over and returns at once: were it slower for a known phone than for an
unknown one, its slowness would tell which is which.
"""

from __future__ import annotations

import sys
from typing import Protocol, TextIO


class CodeSender(Protocol):
    """Hands a login code over for delivery."""

    def send(self, phone: str, code: str) -> None:
        """Hand over; delivery itself happens elsewhere and later."""
        ...


class ConsoleCodeSender:
    """Prints the code on the bank's own console: for the demo, where no message can be sent."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, phone: str, code: str) -> None:
        """Print the code beside the last digits of the phone."""
        print(f"login code for ****{phone[-4:]}: {code}", file=self._stream or sys.stderr)


class HeldCodeSender:
    """Keeps the last code of each phone in memory: for the simulated world and for tests."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def send(self, phone: str, code: str) -> None:
        """Keep it."""
        self._codes[phone] = code

    def take(self, phone: str) -> str | None:
        """Return the last code sent to a phone, once."""
        return self._codes.pop(phone, None)
