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
    "plan.amortisation": "Instalments are",
    "plan.later_drawdowns": "A later drawdown is shared by",
    "plan.year_length": "Length of a year, where it is not fixed",
    "plan.year_days": "Days in a year, for its interest",
    "plan.level_month_days": "Days in a month, for the level instalment",
    "plan.partial_periods": "A drawdown inside a period costs its days only",
    "plan.down_payment_automatic": "The down payment is collected at once",
    "plan.waterfall.due_charges_first": "Charges that are due come first, of what is paid ahead",
    "plan.recalculation.arrears": "What is overdue bears interest",
    "plan.recalculation.early": "An instalment paid early costs",
    "plan.advanced.order": "A payment is applied in the order",
    "plan.advanced.processing": "What is finished first",
    "plan.advanced.default": "What is paid ahead goes to the instalments",
    "plan.advanced.by_kind": "Other rules by kind of payment",
    "plan.credit_order": "A charge-back raises again",
    "plan.fees": "Fees by themselves",
    "plan.early_end": "Who pays off early pays interest for",
    "plan.charged_off_bears": "Planned interest goes on after a charge-off",
    "plan.late_fee.on": "Late fee, a share of the overdue",
    "plan.late_fee.after_days": "Late fee, days after the due date",
    "plan.late_fee.name": "Late fee, its name",
    "plan.late_fee.by_rule": "Late fee, charged by itself",
    "plan.ageing_from_days": "Ranges of lateness begin on day",
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
    ("plan.amortisation", "level"): "of the same sum",
    ("plan.amortisation", "equal_principal"): "of the same principal",
    ("plan.later_drawdowns", "after_it"): "the instalments after it",
    ("plan.later_drawdowns", "over_term"): "the whole term",
    ("plan.year_length", "first"): "That of the year in which the loan begins",
    ("plan.year_length", "each"): "Of each day, its own",
    ("plan.recalculation.rest", "daily"): "day",
    ("plan.recalculation.rest", "period"): "period",
    ("plan.recalculation.arrears", "every_day"): "every day, until it is paid",
    ("plan.recalculation.arrears", "when_touched"): "up to the last day it was looked at",
    ("plan.recalculation.arrears", "never"): "never",
    ("plan.early_end", "days"): "the days so far",
    ("plan.early_end", "whole_plan"): "the whole plan",
    ("plan.advanced.processing", "horizontal"): "an instalment, with all its parts",
    ("plan.advanced.processing", "vertical"): "a part, over all instalments",
    ("plan.advanced.default", "next"): "next to come",
    ("plan.advanced.default", "last"): "last",
    ("plan.advanced.default", "spread"): "to come, all alike",
    ("plan.recalculation.early", "to_the_day"): "the days so far",
    ("plan.recalculation.early", "to_the_due_date"): "the whole period",
    ("plan.advanced.order", "past_due"): "overdue",
    ("plan.advanced.order", "due"): "due today",
    ("plan.advanced.order", "in_advance"): "to come",
    ("plan.advanced.by_kind", "merchant_refund"): "merchant's refund",
    ("plan.advanced.by_kind", "payout_refund"): "payout returned",
    ("plan.advanced.by_kind", "goodwill_credit"): "goodwill",
    ("plan.advanced.by_kind", "repaid"): "repayment",
    ("plan.advanced.by_kind", "last"): "last",
    ("plan.advanced.by_kind", "next"): "next to come",
    ("plan.advanced.by_kind", "spread"): "to come, all alike",
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
    if isinstance(value, dict):
        return _fee(value, locale)
    if isinstance(value, list | tuple):
        if value and all(isinstance(part, list | tuple | dict) for part in value):
            return "; ".join(plain_value(field, part, locale) for part in value)
        parts = [plain_value(field, part, locale) for part in value]
        return " → ".join(parts) if parts else "—"
    if field == "plan" and value is None:
        return text("The balance of every day", locale)
    if isinstance(value, str):
        known = VALUES.get((field, value)) or VALUES.get(("allocation_order", value))
        return text(known, locale) if known is not None else value.replace("_", " ")
    name = field.rpartition(".")[2]
    return write("share_ppm" if name == "ppm" else name, value, locale)


def _fee(fee: dict[str, Any], locale: Locale) -> str:
    """Return a fee that a product asks for by itself: its name, how much, with what."""
    parts = [
        write(name, fee[field], locale)
        for field, name in (("fixed_fen", "fixed_fen"), ("ppm", "share_ppm"))
        if fee[field]
    ]
    with_what = text(FEES[fee["at"]], locale)
    return f"{fee['name']} {' + '.join(parts)} ({with_what})"


FEES = {
    "drawdown": "of each drawdown, with the first instalment after it",
    "instalment": "of what was drawn, with every instalment",
}


def messages() -> set[str]:
    """Return every English text of the tables, for the test that the catalogue is complete."""
    return {"The balance of every day", *NAMES.values(), *VALUES.values(), *FEES.values()}
