"""Words for codes: what a status, a step, a kind of record or a product is called on a page.

A code never reaches a page bare. Families known here are written in English and translated by the
catalogue; a product and a signal kind carry their own names in both languages.
"""

from __future__ import annotations

from martlet.kernel.i18n import Locale, text
from martlet.signals import KINDS
from martlet.web import convention_words

_WORDS: dict[str, dict[str, str]] = {
    "loan_status": {
        "pending": "On its way",
        "live": "Running",
        "overdue": "Overdue",
        "closed": "Repaid",
        "written_off": "Written off",
        "cancelled": "Not paid out",
    },
    "loan_event": {"disbursed": "Paid out to you", "repaid": "Repaid by you"},
    "event": {
        "disbursed": "Paid out",
        "repaid": "Repayment",
        "fee_charged": "Fee charged",
        "penalty_charged": "Penalty charged",
        "waived": "Waiver",
        "merchant_refund": "Refund by a merchant",
        "payout_refund": "Payout returned",
        "goodwill_credit": "Goodwill credit",
        "refunded_in_cash": "Refunded in cash",
        "charged_back": "Payment charged back",
        "overpayment_refunded": "Overpayment returned",
        "rate_changed": "Rate changed",
        "interest_paused": "Interest paused",
        "rescheduled": "Rescheduled",
        "re_aged": "Re-aged: all outstanding falls due anew",
        "re_amortised": "Re-amortised: arrears spread over what is to come",
        "extended": "Extended",
        "share_changed": "Share of takings changed",
        "charged_off": "Charged off",
        "written_off": "Written off",
        "recovered": "Recovery",
        "reversed": "Reversal",
    },
    "standing_of_instalment": {
        "paid": "Paid",
        "late": "Late",
        "due": "Due today",
        "part_paid": "Paid ahead in part",
        "coming": "To come",
    },
    "posting": {
        "lending.disbursement": "Paid out",
        "lending.repayment": "Repayment",
        "lending.accrual": "Income recognised",
        "lending.accrual_taken_back": "Income taken back",
        "lending.disbursement_undone": "Payout undone",
        "lending.money_back": "Money given back",
        "lending.charge": "Charge",
        "lending.charge_taken_back": "Charge taken back",
        "lending.waiver": "Waiver",
        "lending.waiver_undone": "Waiver undone",
        "lending.write_off": "Write-off",
        "lending.write_off_undone": "Write-off undone",
    },
    "phase": {
        "posted": "posted",
        "pending": "held",
        "settled": "settled from a hold",
        "released": "hold released",
        "reversed": "reversed",
    },
    "age": {
        "current": "Not overdue",
        "1_30": "1–30 days overdue",
        "31_60": "31–60 days overdue",
        "61_90": "61–90 days overdue",
        "91_180": "91–180 days overdue",
        "over_180": "Over 180 days overdue",
    },
    "outcome": {"approved": "Approved", "refused": "Declined"},
    "record": {
        "invoices": "VAT invoices",
        "payments": "Alipay and WeChat payments",
        "takings": "Daily takings",
        "orders": "Orders, ratings and refunds",
        "bank": "Bank statements",
    },
    "purpose": {
        "credit": "to decide on credit",
        "advice": "to advise you",
        "training": "to improve our models",
    },
    "tenor_unit": {"days": "days", "months": "months"},
    "model_kind": {"scorecard": "Scorecard", "monotone_trees": "Boosted trees"},
    "model_state": {
        "candidate": "Candidate",
        "shadow": "Shadow",
        "champion": "In force",
        "retired": "Retired",
    },
    "policy_state": {"in_force": "In force", "coming": "To come", "past": "Past"},
    "step": {
        "accrue": "Accrue interest",
        "due": "Post what falls due",
        "age": "Age what is overdue",
        "collect": "Look after arrears",
        "settle": "Settle with partners",
        "trial_balance": "Balance the books",
        "verify": "Verify the record",
        "close": "Close the day",
    },
    "total": {
        "loans": "loans",
        "projected": "computed one by one",
        "checked": "checked by the scalar rule",
        "interest_fen": "interest",
        "penalty_fen": "penalty interest",
        "due_count": "instalments",
        "due_fen": "fallen due",
        "newly_overdue": "newly overdue",
        "overdue_loans": "overdue loans",
        "overdue_principal_fen": "overdue principal",
        "cases_opened": "cases opened",
        "cases_moved": "moved to another bucket",
        "cases_closed": "cases closed",
        "promises_kept": "promises kept",
        "promises_broken": "promises broken",
        "files": "settlement files",
        "lines": "lines",
        "funded_fen": "owed by partners",
        "collected_fen": "owed to partners",
        "debits_fen": "debits",
        "credits_fen": "credits",
        "difference_fen": "difference",
        "principal_fen": "principal",
        "overpaid_fen": "owed back to customers",
    },
    "account_class": {
        "asset": "Assets",
        "liability": "Liabilities",
        "equity": "Equity",
        "income": "Income",
        "expense": "Expenses",
        "memo": "Memo",
    },
    "measure": {
        "approved_count": "Approved",
        "approval_ppm": "Approval rate",
        "limit_fen": "Limits in all",
        "rate_ppm_per_day": "Price a day, by limit",
        "pd_ppm": "Default risk, by limit",
        "expected_interest_fen": "Expected interest",
        "expected_loss_fen": "Expected loss",
        "funding_fen": "Cost of the money",
        "expected_profit_fen": "Expected profit",
    },
    "lived": {
        "decisions_count": "Applications",
        "drawn_count": "Drawn on",
        "known_count": "Outcome known",
        "bad_count": "Went bad",
        "bad_ppm": "Bad of the known",
        "drawn_fen": "Drawn in all",
        "principal_lost_fen": "Principal lost",
        "earned_fen": "Interest and penalty earned",
    },
    "move": {
        "newly_approved": "Declined before, approved now",
        "newly_refused": "Approved before, declined now",
        "limit_up": "Limit goes up",
        "limit_down": "Limit goes down",
        "price_up": "Price goes up",
        "price_down": "Price goes down",
    },
    "side": {
        "band": "By band",
        "region": "By region",
        "trade": "By trade",
        "size": "By size",
    },
    "band": {"none": "no band"},
    "region": {"unknown": "not known", "other": "all others"},
    "trade": {"unknown": "not known", "other": "all others"},
    "psi": {
        "steady": "steady",
        "watch": "look at it",
        "act": "another population",
        "chance": "no more than chance",
        "small": "too few cases",
    },
    "fit": {
        "inside": "as expected",
        "worse": "worse than expected",
        "better": "better than expected",
        "small": "too few to judge",
    },
    "standing": {
        "reference": "the largest",
        "in_line": "in line",
        "unclear": "unclear",
        "adverse": "below four fifths",
        "small": "too few to judge",
    },
    "provider": {"records": "Own records"},
    "sample": {
        "invoices_sales": "VAT invoices issued",
        "invoices_purchases": "VAT invoices received",
        "takings": "Daily takings",
        "orders": "Orders, ratings and refunds",
    },
    "role": {
        "feature": "for the model",
        "capacity": "money that counts",
        "verification": "verification",
        "exclusion": "exclusion",
        "context": "for information",
    },
}


def word(family: str, code: str, locale: Locale) -> str:
    """Return what a code is called in a language; an unknown one is shown as plain words."""
    if family == "signal":
        return KINDS[code].label(locale) if code in KINDS else code.replace("_", " ")
    known = _WORDS[family].get(str(code))
    return text(known, locale) if known is not None else str(code).replace("_", " ")


def messages() -> set[str]:
    """Return every English text of the table, for the test that the catalogue is complete."""
    found = {message for family in _WORDS.values() for message in family.values()}
    return found | convention_words.messages()
