"""A town whose one borrower has fallen behind: a loan of thirty days that was not repaid."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tests.web.conftest import SAMPLES

from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal

if TYPE_CHECKING:
    from tests.web.conftest import Town

DRAWN_FEN = 10_000


def fall_behind(town: Town, days: int = 4) -> UUID:
    """Draw for thirty days, let them pass and some more; return the loan."""
    bank, itself = town.bank, town.itself
    until = bank.end_of_day.status(itself).business_date + timedelta(days=365)
    bank.parties.give_consent(
        itself, "late-consent", town.party_id, records=("invoices",), until=until
    )
    sales = SAMPLES / "invoices_sales.csv"
    bank.records.import_file(itself, "late-file", sales, party_id=town.party_id)
    wanted = bank.lending.apply(itself, "late-apply", town.party_id, "revolving_daily", 100_000)
    offer_id = UUID(wanted["offer"]["offer_id"])
    line = bank.lending.accept(itself, "late-accept", offer_id)
    facility_id = UUID(line["facility_id"])
    drawn = bank.lending.draw(itself, "late-draw", facility_id, DRAWN_FEN, 30)
    for _ in range(30 + days):
        bank.end_of_day.run(itself)
    name = "合成外部机构"
    bank.collections.name_handler(itself, "late-name", kind="agency", name="harbour", title=name)
    return UUID(drawn["loan_id"])


def work_the_case(town: Town) -> None:
    """Leave a history: handed over, taken back, a promise that was broken, a note."""
    bank, itself = town.bank, town.itself
    staff = Principal(itself.tenant_id, town.staff_id, ActorKind.STAFF, ALL_SCOPES)
    case_id = UUID(bank.collections.cases(itself)[0]["case_id"])
    today = bank.end_of_day.status(itself).business_date
    bank.collections.hand_over(staff, "h", case_id, "agency", "harbour")
    bank.collections.take_back(staff, "t", case_id)
    bank.collections.promise(staff, "p", amount_fen=5_000, pay_by=today, party_id=town.party_id)
    bank.end_of_day.run(itself)
    text = "老板说下周三回款后先还一半。"
    bank.collections.note(staff, "n", case_id, text)
