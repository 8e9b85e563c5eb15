"""The lending room: offers, facilities, drawdowns, repayments and the end of the day.

A loan is a pure function of its terms, its immutable events and a date; whatever happens, however
late it becomes known, only the difference is posted.
"""

from martlet.lending.end_of_day import EndOfDay, EndOfDayReport
from martlet.lending.event_commands import AskedEvent, asked_event
from martlet.lending.events import EventKind, LoanEvent, Rate
from martlet.lending.loan import (
    Allocation,
    Charge,
    Instalment,
    LoanState,
    LoanStatus,
    LoanTerms,
)
from martlet.lending.outcomes import LoanOutcomes
from martlet.lending.participation.model import AgreementTerms, Eligibility, SettingName, Sharing
from martlet.lending.participation.service import ParticipationService
from martlet.lending.participation.verify import verify_participations
from martlet.lending.product import Product, product_named, products
from martlet.lending.projection import project, schedule
from martlet.lending.rail import (
    Behaviour,
    Outcome,
    PaymentRail,
    PayoutOrder,
    RailReport,
    SimulatedRail,
)
from martlet.lending.receipt_file import read_receipts
from martlet.lending.receipts import Receipt
from martlet.lending.service import LendingService
from martlet.lending.verify import LendingReport, verify_lending

__all__ = [
    "AgreementTerms",
    "Allocation",
    "AskedEvent",
    "Behaviour",
    "Charge",
    "Eligibility",
    "EndOfDay",
    "EndOfDayReport",
    "EventKind",
    "Instalment",
    "LendingReport",
    "LendingService",
    "LoanEvent",
    "LoanOutcomes",
    "LoanState",
    "LoanStatus",
    "LoanTerms",
    "Outcome",
    "ParticipationService",
    "PaymentRail",
    "PayoutOrder",
    "Product",
    "RailReport",
    "Rate",
    "Receipt",
    "SettingName",
    "Sharing",
    "SimulatedRail",
    "asked_event",
    "product_named",
    "products",
    "project",
    "read_receipts",
    "schedule",
    "verify_lending",
    "verify_participations",
]
