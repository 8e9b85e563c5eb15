"""Collections: what is overdue, who was reminded how often, what was promised and what came of it.

Guards the borrower and the bank alike: nobody is reminded at night, too often, twice for the same
step, or while a promise or relief runs; and everything done in a case stands in its history.
"""

from martlet.lending.collections.commands import PAUSE_REASONS, pause_reminders
from martlet.lending.collections.model import CaseEventKind, Closing, HandlerKind
from martlet.lending.collections.night import collect_step
from martlet.lending.collections.port import (
    FileReminders,
    OutboxReminders,
    ReminderMessage,
    ReminderPort,
    SendOutcome,
)
from martlet.lending.collections.service import CollectionsService
from martlet.lending.collections.verify import verify_collections

__all__ = [
    "PAUSE_REASONS",
    "CaseEventKind",
    "Closing",
    "CollectionsService",
    "FileReminders",
    "HandlerKind",
    "OutboxReminders",
    "ReminderMessage",
    "ReminderPort",
    "SendOutcome",
    "collect_step",
    "pause_reminders",
    "verify_collections",
]
