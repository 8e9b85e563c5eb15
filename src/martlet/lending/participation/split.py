"""A partner's share of a loan: a pure function of the loan's position and the share.

Every cumulative figure of the position is split by itself and rounded down; the lead keeps the
rest. Only differences between two splits are ever posted, so rounding never adds up, a backdated
event needs no rule of its own, and what has been paid off in full leaves nothing with the partner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM
from martlet.lending.postings import Movement, Position

if TYPE_CHECKING:
    from collections.abc import Mapping

Split = dict[str, int]
"""A partner's cumulative fen by flow; what is nought is left out."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of money of which a partner has a share, and the accounts that it moves between."""

    name: str
    field: str
    """The position's figure that is split; empty for what only a buy-back moves."""
    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class Component:
    """What is owed of one kind: flows that raise it, and those that lower it, in their order."""

    name: str
    raised: tuple[Flow, ...]
    lowered: tuple[Flow, ...]
    bought: Flow


def _component(
    name: str, raised: tuple[tuple[str, str], ...], lowered: tuple[tuple[str, str, str], ...]
) -> Component:
    """Return a component from (flow, field) that raise it and (flow, field, account) that lower."""
    source = "receivable" if name == "principal" else "income"
    return Component(
        name,
        tuple(
            Flow(flow, field, "payable" if flow.endswith("_raised") else source, name)
            for flow, field in raised
        ),
        tuple(Flow(flow, field, name, account) for flow, field, account in lowered),
        Flow(f"{name}_bought", "", name, "payable"),
    )


COMPONENTS = (
    _component(
        "principal",
        (("disbursed", "disbursed_fen"), ("principal_raised", "principal_raised_fen")),
        (
            ("principal_repaid", "principal_paid_fen", "payable"),
            ("principal_written_off", "principal_written_off_fen", "loss"),
        ),
    ),
    _component(
        "interest",
        (("interest_earned", "interest_accrued_fen"), ("interest_raised", "interest_raised_fen")),
        (
            ("interest_received", "interest_paid_fen", "payable"),
            ("interest_waived", "interest_waived_fen", "loss"),
            ("interest_written_off", "interest_written_off_fen", "loss"),
        ),
    ),
    _component(
        "penalty",
        (
            ("penalty_earned", "penalty_accrued_fen"),
            ("penalty_charged", "penalty_charged_fen"),
            ("penalty_raised", "penalty_raised_fen"),
        ),
        (
            ("penalty_received", "penalty_paid_fen", "payable"),
            ("penalty_waived", "penalty_waived_fen", "loss"),
            ("penalty_written_off", "penalty_written_off_fen", "loss"),
        ),
    ),
    _component(
        "fee",
        (("fee_charged", "fee_charged_fen"), ("fee_raised", "fee_raised_fen")),
        (
            ("fee_received", "fee_paid_fen", "payable"),
            ("fee_waived", "fee_waived_fen", "loss"),
            ("fee_written_off", "fee_written_off_fen", "loss"),
        ),
    ),
)
"""What has been paid and is owed again takes back from what the bank owes the partner."""

RECOVERED = Flow("recovered", "recovered_fen", "income", "payable")
"""Money that comes in after a write-off: nothing was owed any more, and all of it is passed on."""

KEPT_BY_LEAD = frozenset({"overpaid_fen", "goodwill_fen"})
"""What no partner has a share of: money that is the customer's, and gifts of the bank's own."""

FLOWS = (
    *(flow for part in COMPONENTS for flow in (*part.raised, *part.lowered, part.bought)),
    RECOVERED,
)
FLOW_NAMES = tuple(flow.name for flow in FLOWS)
RELIEF_FORGONE, RELIEF_CLAIMED = "relief_forgone", "relief_claimed"
COLUMNS = (*FLOW_NAMES, RELIEF_FORGONE, RELIEF_CLAIMED)
"""What a file tells of a loan: what moves between accounts, then the partner's part of relief.

The latter moves nothing here: a partner's income is lower by itself, and what is claimed for it is
booked with the launch.
"""
KINDS = tuple(sorted({kind for flow in FLOWS for kind in (flow.debit, flow.credit)}))
"""The kinds of accounts that a partner's ledger has."""
POSITION_FIELDS = tuple(flow.field for flow in FLOWS if flow.field)


def split(position: Position, share_ppm: int) -> Split:
    """Return a partner's share of all that has ever moved on a loan, each figure rounded down.

    Figures that lower one debt are split by their running sum, so that they add up to the share of
    the debt when all of it is gone.
    """
    parts: Split = {}
    for component in COMPONENTS:
        for side in (component.raised, component.lowered):
            total = before = 0
            for flow in side:
                total += getattr(position, flow.field)
                assert total >= 0, (flow.name, position)
                after = total * share_ppm // PPM
                if after != before:
                    parts[flow.name] = after - before
                before = after
    if recovered := position.recovered_fen * share_ppm // PPM:
        parts[RECOVERED.name] = recovered
    return parts


def change(before: Mapping[str, int], after: Mapping[str, int]) -> Split:
    """Return what must be posted so that a partner's ledger follows from one split to another."""
    names = {**before, **after}
    return {name: moved for name in names if (moved := after.get(name, 0) - before.get(name, 0))}


def add(total: Split, more: Mapping[str, int]) -> None:
    """Add a split to a running total, in place."""
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def outstanding(parts: Mapping[str, int], component: Component) -> int:
    """Return what a partner is still owed of one component."""
    raised = sum(parts.get(flow.name, 0) for flow in component.raised)
    lowered = sum(parts.get(flow.name, 0) for flow in component.lowered)
    return raised - lowered - parts.get(component.bought.name, 0)


def bought_out(parts: Mapping[str, int]) -> Split:
    """Return the flows by which the lead takes over all that a partner is still owed."""
    return {
        part.bought.name: owed for part in COMPONENTS if (owed := outstanding(parts, part)) != 0
    }


def principal_fen(position: Position) -> int:
    """Return the principal that a position leaves outstanding."""
    principal = COMPONENTS[0]
    raised = sum(getattr(position, flow.field) for flow in principal.raised)
    return int(raised - sum(getattr(position, flow.field) for flow in principal.lowered))


def principal_share_fen(position: Position, share_ppm: int) -> int:
    """Return a partner's share of the principal that a position leaves outstanding."""
    return outstanding(split(position, share_ppm), COMPONENTS[0])


def partner_account(kind: str, partner: str) -> str:
    """Return the path of one of a partner's accounts."""
    match kind:
        case "receivable":
            return f"assets/partners/{partner}"
        case "payable":
            return f"liabilities/partners/{partner}"
        case "income":
            return f"income/participations/{partner}"
        case "loss":
            return f"expenses/participations/{partner}"
        case _:
            return f"assets/participations/{kind}/{partner}"


def movements(moved: Mapping[str, int], partner: str) -> list[Movement]:
    """Return a change of splits as entries between the partner's accounts."""
    found = []
    for flow in FLOWS:
        amount = moved.get(flow.name, 0)
        if amount:
            debit = partner_account(flow.debit, partner)
            credit = partner_account(flow.credit, partner)
            pair = (debit, credit) if amount > 0 else (credit, debit)
            found.append(Movement(*pair, abs(amount), f"lending.participation.{flow.name}"))
    return found


def balances(moved: Mapping[str, int]) -> dict[str, int]:
    """Return debits less credits by kind of account, that flows add up to."""
    sums: dict[str, int] = {}
    for flow in FLOWS:
        amount = moved.get(flow.name, 0)
        sums[flow.debit] = sums.get(flow.debit, 0) + amount
        sums[flow.credit] = sums.get(flow.credit, 0) - amount
    return sums
