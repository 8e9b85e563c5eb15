"""A product's conventions in plain words: what each field settles, and what its value means.

A field or a value that is not listed is still shown, as its code in plain letters, so that a new
convention is never hidden from whoever reads the page.
"""

from __future__ import annotations

from typing import Any

from martlet.kernel.i18n import Locale, text, write

NAMES: dict[str, str] = {
    "schedule": "When principal falls due",
    "tenor_unit": "What a term counts",
    "day_count": "What a day costs",
    "days_per_year": "Days in a year, for the annual rate",
    "rounding_mode": "How fractions of a fen are rounded",
    "instalment_unit_fen": "Instalments are a multiple of",
    "remainder": "What rounding leaves over goes to",
    "prepayment": "What is paid beyond the coming instalment",
    "allocation_order": "A payment is applied to",
    "grace_days": "Days late without penalty",
    "penalty_multiplier_ppm": "Overdue principal costs, against the daily rate",
    "plan": "What interest follows",
    "plan.engine": "How the plan is made",
    "plan.interest_type": "Interest on",
    "plan.interest_period": "Interest is counted by",
    "plan.frequency.every": "An instalment every so many",
    "plan.frequency.unit": "Unit",
    "plan.principal_grace": "First instalments without principal",
    "plan.interest_grace": "First instalments that put interest off",
    "plan.interest_free": "First instalments free of interest",
    "plan.down_payment_ppm": "Share due on the day of the payout",
    "plan.waterfall.due": "What is due is paid in the order",
    "plan.waterfall.in_advance": "What is paid ahead goes to, in order",
    "plan.recalculation.rest": "Interest follows payments by the",
    "plan.recalculation.advance": "What is paid ahead",
    "plan.late_fee.ppm": "Late fee",
    "plan.charge_accrual": "A charge is earned",
    "plan.ageing_grace_days": "Days past due that do not count",
    "takings": "Repaid by a share of takings",
    "takings.fee_ppm": "Fixed fee, of the sum",
    "takings.fee_of_interest_ppm": "Fixed fee, of the interest on all until it is expected back",
    "takings.share_max_ppm": "Most that is kept of a day's takings",
    "takings.expected_ppm": "Expected back within this part of the term",
    "takings.minimum_every_days": "A minimum must be paid every so many days",
    "takings.minimum_of_expected_ppm": "The minimum, of what was expected by then",
    "takings.near_breach_ppm": "Told of if less than this part of the minimum has come",
    "takings.near_breach_days": "Days before the end of a period on which that is told",
    "takings.takings_needed": "Only for businesses whose takings are known",
}

VALUES: dict[tuple[str, str], str] = {
    ("schedule", "bullet"): "All at the end of the term",
    ("schedule", "equal_instalments"): "Every month the same sum of interest and principal",
    ("schedule", "equal_principal"): "Every month the same principal, and interest on top",
    ("schedule", "interest_then_principal"): "Every month the interest, all principal at the end",
    ("tenor_unit", "days"): "Days",
    ("tenor_unit", "months"): "Months",
    ("day_count", "actual"): "Each night the daily rate on what is owed",
    ("day_count", "month_of_year"): "A month a twelfth of the year, spread evenly over its days",
    ("rounding_mode", "half_up"): "To the nearest, halves away from zero",
    ("rounding_mode", "half_even"): "To the nearest, halves to the even one",
    ("rounding_mode", "down"): "Always towards zero",
    ("rounding_mode", "up"): "Always away from zero",
    ("rounding_mode", "floor"): "Always down",
    ("rounding_mode", "ceiling"): "Always up",
    ("remainder", "last_instalment"): "The last instalment",
    ("remainder", "first_instalment"): "The first instalment",
    ("prepayment", "relevel"): "Lowers all later instalments",
    ("prepayment", "shorten"): "Later instalments stay as high and end earlier",
    ("plan.engine", "cumulative"): "Anew as a whole whenever something happens",
    ("plan.engine", "progressive"): "Forward: what happens changes only what falls due after it",
    ("plan.interest_type", "flat"): "the amount first lent, throughout",
    ("plan.interest_type", "declining"): "what is still owed",
    ("plan.interest_period", "daily"): "days",
    ("plan.interest_period", "repayment"): "periods, however long they are",
    ("plan.frequency.unit", "days"): "days",
    ("plan.frequency.unit", "weeks"): "weeks",
    ("plan.frequency.unit", "months"): "months",
    ("plan.frequency.unit", "years"): "years",
    ("plan.charge_accrual", "when_due"): "When it falls due",
    ("plan.charge_accrual", "when_made"): "When it is charged",
    ("plan.recalculation.advance", "lower"): "Lowers all later instalments",
    ("plan.recalculation.advance", "fewer"): "Later instalments stay as high and end earlier",
    ("allocation_order", "penalty"): "penalty",
    ("allocation_order", "interest"): "interest",
    ("allocation_order", "principal"): "principal",
    ("allocation_order", "fee"): "fees",
}


def shown_conventions(conventions: dict[str, Any], locale: Locale) -> list[dict[str, str]]:
    """Return each convention with its field, its name and its value in a language."""
    return [
        {
            "field": field,
            "name": text(NAMES[field], locale) if field in NAMES else _spelt(field),
            "value": plain_value(field, value, locale),
        }
        for field, value in _flat(_meant(conventions))
    ]


def _meant(conventions: dict[str, Any]) -> dict[str, Any]:
    """Return conventions without what means nothing where takings repay, or where they do not."""
    unmeant = "plan" if conventions.get("takings") else "takings"
    return {name: value for name, value in conventions.items() if name != unmeant}


def _flat(conventions: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Return conventions one by one; those inside others are named by their whole way."""
    found: list[tuple[str, Any]] = []
    for name, value in conventions.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name}.")
        elif value is not None or not before:
            found.append((f"{before}{name}", value))
    return found


def _spelt(field: str) -> str:
    return field.rpartition(".")[2].replace("_", " ")


def plain_value(field: str, value: object, locale: Locale) -> str:
    """Return the value of a convention in a language."""
    if isinstance(value, list | tuple):
        parts = [plain_value(field, part, locale) for part in value]
        return " → ".join(parts) if parts else "—"
    if field == "plan" and value is None:
        return text("The balance of every day", locale)
    if isinstance(value, str):
        known = VALUES.get((field, value)) or VALUES.get(("allocation_order", value))
        return text(known, locale) if known is not None else value.replace("_", " ")
    name = field.rpartition(".")[2]
    return write("share_ppm" if name == "ppm" else name, value, locale)


def messages() -> set[str]:
    """Return every English text of the tables, for the test that the catalogue is complete."""
    return {"The balance of every day", *NAMES.values(), *VALUES.values()}
