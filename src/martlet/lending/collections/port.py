"""The port through which a reminder leaves the bank, and what stands behind it by default.

A port gets the text, the channel and the business's id, never a phone number: whoever truly
delivers asks the parties room for it, at the rim. The default sends nothing: the text is in the
outbox, written in the commit that began the reminder, for a relay to take.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReminderMessage:
    """One reminder to hand over; its id is the same however often it is handed over."""

    reminder_id: UUID
    tenant_id: UUID
    party_id: UUID
    channel: str
    template: str
    due_fen: int
    due_on: date
    texts: Mapping[str, str]


class SendOutcome(StrEnum):
    """What a port says of a reminder that it was handed."""

    SENT = "sent"
    FAILED = "failed"
    """It did not reach the borrower, and may be tried again."""
    REFUSED = "refused"
    """It can never be sent: there is no address, or the owner has asked not to be written to."""


class ReminderPort(Protocol):
    """Hands reminders over for delivery."""

    @property
    def name(self) -> str:
        """How the record names it."""
        ...

    @property
    def safe_to_repeat(self) -> bool:
        """Whether the same id handed over twice reaches the borrower once."""
        ...

    @property
    def by_outbox(self) -> bool:
        """Whether the text in the outbox is itself the handing over."""
        ...

    def send(self, message: ReminderMessage) -> SendOutcome:
        """Hand one reminder over; an exception leaves open whether it went out."""
        ...


class OutboxReminders:
    """Sends nothing by itself: what would be sent stands in the outbox."""

    name = "outbox"
    safe_to_repeat = True
    by_outbox = True

    def send(self, message: ReminderMessage) -> SendOutcome:
        """Say that it is sent, for it was written in the commit that began it."""
        assert message.texts, message.reminder_id
        return SendOutcome.SENT


class FileReminders:
    """Writes each reminder as one JSON file, named by its id: a second time changes nothing."""

    name = "file"
    safe_to_repeat = True
    by_outbox = False

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def send(self, message: ReminderMessage) -> SendOutcome:
        """Write the file whole and onto the disk, or leave the one that is there."""
        content = {
            "reminder_id": str(message.reminder_id),
            "tenant_id": str(message.tenant_id),
            "party_id": str(message.party_id),
            "channel": message.channel,
            "template": message.template,
            "due_fen": message.due_fen,
            "due_on": message.due_on.isoformat(),
            "texts": dict(message.texts),
        }
        path = self._folder / f"{message.reminder_id}.json"
        draft = path.with_suffix(f".{os.getpid()}")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        return SendOutcome.SENT
