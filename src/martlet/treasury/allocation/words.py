"""A plan in the owner's language: where, how much, until when, and why not more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.i18n import explain

if TYPE_CHECKING:
    from martlet.kernel.i18n import Locale
    from martlet.treasury.allocation.model import Plan


def sentences(plan: Plan, locale: Locale) -> tuple[str, ...]:
    """Return the plan as sentences that stand by themselves."""
    found = []
    for placed in plan.placements:
        code = "allocation.plan_liquid" if placed.until is None else "allocation.plan_locked"
        if placed.instalments > 1:
            code = "allocation.plan_instalments"
        told = {
            "name": placed.name,
            "amount_fen": placed.amount_fen,
            "until": placed.until,
            "earns_fen": placed.earns_fen,
            "times_count": placed.instalments,
        }
        found.append(explain(code, told, locale))
    found.append(explain("allocation.plan_account", {"amount_fen": plan.account_fen}, locale))
    if plan.reserve_fen:
        days = max(plan.reserve_fen)
        why = {
            "horizon_days": days,
            "reserve_fen": plan.reserve_fen[days],
            "level": f"{100 * plan.level:g}%",
        }
        found.append(explain("allocation.plan_reserve", why, locale))
    found.append(explain("allocation.plan_breaking", {}, locale))
    asks = "allocation.plan_asks" if plan.needs_consent else "allocation.plan_covered"
    found.append(explain(asks, {}, locale))
    return tuple(found)
