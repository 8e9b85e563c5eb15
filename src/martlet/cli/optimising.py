"""`martlet credit optimise`: limits and rates for a whole file of applicants, and what binds them.

Works on files alone: it opens no bank and puts nothing in force. What it writes is a plan to read
and, where asked for, a policy to back-test and publish.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, show
from martlet.cli.reading import amount, choice, day, months, share
from martlet.cli.words import LANGUAGE, say, written
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit import Policy
    from martlet.credit.optimise import Cap, FittedPolicy, Market, Plan

_FIGURES = (
    ("applicants_count", say("Applicants")),
    ("granted_count", say("Granted")),
    ("limit_fen", say("Limits offered")),
    ("volume_fen", say("Expected to be drawn")),
    ("average_annual_ppm", say("Average rate a year")),
    ("interest_fen", say("Expected interest")),
    ("loss_fen", say("Expected loss")),
    ("loss_share_ppm", say("Expected loss of what is drawn")),
    ("funds_fen", say("Cost of money")),
    ("operating_fen", say("Cost of making")),
    ("profit_fen", say("Expected profit")),
    ("profit_bound_fen", say("No plan can expect more than")),
    ("order_cost_fen", say("Given up so that a lower pd never gets less")),
)


def _option(message: str, *names: str, **more: Any) -> Any:  # noqa: ANN401 - typer's own has none
    return typer.Option(*names, help=message, **more)


_READ: dict[str, Any] = {"exists": True, "dir_okay": False}
_ApplicantsFile = Annotated[
    Path,
    _option(
        say("CSV: application_id, pd, monthly_inflow, requested; also cap, group, rating."),
        "--applicants",
        **_READ,
    ),
]
_MarketFile = Annotated[
    Path,
    _option(
        say("Share of customers lost by yearly rate and rating (CSV or .xlsx)."),
        "--market",
        **_READ,
    ),
]
_PolicyFile = Annotated[
    Path | None,
    _option(
        say("Policy that gives the law and the units; default: the starter."), "--policy", **_READ
    ),
]
_Budget = Annotated[str, _option(say("Most to lend, in yuan."))]
_LossMax = Annotated[str, _option(say("Most expected loss, as a share of what is drawn (2%)."))]
_GroupCaps = Annotated[
    list[str] | None,
    _option(say("Most for a group: retail=1000000, or retail=20% of the budget."), "--cap"),
]
_RatingCaps = Annotated[
    list[str] | None, _option(say("Most for a rating, written in the same way."), "--rating-cap")
]
_LendLeast = Annotated[str, _option(say("Promise to lend at least, in yuan."))]
_Counted = Annotated[str, _option(say("What counts against the budget: offered or expected."))]
_RateCap = Annotated[str, _option(say("The house's highest yearly rate; the law's holds anyway."))]
_RateFloor = Annotated[
    str, _option(say("Lowest yearly rate; default: the first of the market table."))
]
_FundsCost = Annotated[str, _option(say("Cost of money a year."))]
_Lgd = Annotated[str, _option(say("Loss given default."))]
_Operating = Annotated[str, _option(say("Cost of an accepted line, in yuan."))]
_Utilisation = Annotated[str, _option(say("How much of an accepted limit is drawn on average."))]
_Tenor = Annotated[int, _option(say("Tenor in days."), min=1, max=366)]
_LimitMin = Annotated[str, _option(say("Smallest limit, in yuan."))]
_LimitMax = Annotated[str, _option(say("Largest limit, in yuan; default: the policy's largest."))]
_Months = Annotated[str, _option(say("Months of verified cash flow that a limit may reach."))]
_On = Annotated[str, _option(say("Day whose law holds; default today."))]
_Out = Annotated[Path | None, _option(say("Where the plan is written (CSV)."))]
_PolicyOut = Annotated[
    Path | None,
    _option(say("Write a policy (TOML) whose price grid comes nearest to the plan.")),
]
_Version = Annotated[str, _option(say("The version to give it."))]
_Bands = Annotated[int, _option(say("Bands of its price grid, at most."), min=1, max=8)]


def optimise(
    applicants: _ApplicantsFile,
    market: _MarketFile,
    budget: _Budget,
    loss_max: _LossMax = "",
    cap: _GroupCaps = None,
    rating_cap: _RatingCaps = None,
    lend_least: _LendLeast = "0",
    counts: _Counted = "offered",
    rate_cap: _RateCap = "100%",
    rate_floor: _RateFloor = "",
    funds_cost: _FundsCost = "2.5%",
    lgd: _Lgd = "60%",
    operating_cost: _Operating = "0",
    utilisation: _Utilisation = "100%",
    tenor: _Tenor = 365,
    limit_min: _LimitMin = "1",
    limit_max: _LimitMax = "",
    cash_flow_months: _Months = "2.5",
    on: _On = "",
    policy: _PolicyFile = None,
    out: _Out = None,
    policy_out: _PolicyOut = None,
    policy_version: _Version = "optimised-1",
    bands: _Bands = 5,
    as_json: JsonOption = False,
) -> None:
    """Plan, write what was asked for, and show totals, what binds and what it costs."""
    from martlet.credit import optimise as room

    base, table = _policy(policy), room.read_market(market.read_bytes())
    terms = room.Terms(
        **_rates(base, table, on, rate_cap, rate_floor),
        **_limits(base, limit_min, limit_max),
        cash_flow_share_ppm=months(cash_flow_months),
        funds_cost_ppm=share(funds_cost),
        loss_given_default_ppm=share(lgd),
        operating_cost_fen=amount(operating_cost),
        utilisation_ppm=share(utilisation),
        tenor_days=tenor,
    )
    budget_fen = amount(budget)
    portfolio = room.Portfolio(
        budget_fen,
        share(loss_max) if loss_max else None,
        _caps(cap or (), rating_cap or (), budget_fen),
        amount(lend_least),
        choice(room.Counts, counts),
    )
    people = room.read_applicants(applicants.read_bytes())
    plan = room.optimise(people, terms, portfolio, table)
    if out is not None:
        out.write_text(room.plan_csv(people, plan.grants), encoding="utf-8")
    grid = None
    if policy_out is not None:
        inputs = room.PlanInputs(people, terms, portfolio, table)
        grid = room.policy_from_plan(
            plan, inputs, base, version=policy_version, note=_origin(plan), bands=bands
        )
        policy_out.write_text(grid.policy.text, encoding="utf-8")
    _tell(plan, grid, as_json=as_json)


def _policy(path: Path | None) -> Policy:
    from martlet.credit import default_policy, parse_policy

    return default_policy() if path is None else parse_policy(path.read_text(encoding="utf-8"))


def _rates(base: Policy, table: Market, on: str, highest: str, lowest: str) -> dict[str, int]:
    """Return the yearly rates between which law, house and market leave a choice."""
    from martlet.kernel.calendar import business_date_of
    from martlet.kernel.clock import SystemClock
    from martlet.kernel.limits import RATE_PPM_PER_DAY_MAX

    that_day = day(on) if on else business_date_of(SystemClock().now())
    lawful = base.lawful_rate(RATE_PPM_PER_DAY_MAX, that_day) * base.days_per_year
    return {
        "rate_min_ppm": share(lowest) if lowest else table.rates_ppm[0],
        "rate_max_ppm": min(lawful, share(highest), table.rates_ppm[-1]),
        "days_per_year": base.days_per_year,
    }


def _limits(base: Policy, smallest: str, largest: str) -> dict[str, int]:
    """Return the smallest and the largest limit in the policy's units."""
    unit_fen = base.limit_unit_fen
    most_fen = max(product.limit_max_fen for product in base.products.values())
    if largest:
        most_fen = amount(largest)
    least_fen = max(amount(smallest), unit_fen)
    least_fen += -least_fen % unit_fen
    if least_fen > most_fen:
        raise Invalid("credit.plan_limits_crossed", min_fen=least_fen, max_fen=most_fen)
    return {"limit_unit_fen": unit_fen, "limit_min_fen": least_fen, "limit_max_fen": most_fen}


def _caps(groups: Sequence[str], ratings: Sequence[str], budget_fen: int) -> tuple[Cap, ...]:
    """Read 'retail=20%' or 'retail=1,000,000'."""
    from martlet.credit.optimise import Cap
    from martlet.kernel.rates import PPM

    found: dict[tuple[str, bool], Cap] = {}
    for text, of_rating in [*((t, False) for t in groups), *((t, True) for t in ratings)]:
        name, separator, most = text.rpartition("=")
        if not separator or not name or (name, of_rating) in found:
            raise Invalid("cli.cap_unreadable", text=text[:40])
        bound_fen = budget_fen * share(most) // PPM if most.endswith("%") else amount(most)
        found[name, of_rating] = Cap(name, bound_fen, of_rating)
    return tuple(found.values())


def _origin(plan: Plan) -> str:
    return say(
        "Fitted to a plan for {applicants_count} applicants, expected to earn {profit_fen} on"
        " them; caps by group or rating are not in it. Back-test before publishing.",
        applicants_count=plan.totals["applicants_count"],
        profit_fen=plan.totals["profit_fen"],
    )


def _tell(plan: Plan, grid: FittedPolicy | None, *, as_json: bool) -> None:
    """Show a plan: figures, what each constraint costs in words, and what a grid gives up."""
    from rich.markup import escape

    from martlet.credit.optimise import price_texts

    value = plan.as_json()
    sentences = price_texts(plan, LANGUAGE)
    if as_json:
        grid_value = None if grid is None else grid.as_json()
        show({**value, "sentences": sentences, "grid": grid_value}, as_json=True)
        return
    rows = [{"figure": name, "value": written(key, value[key])} for key, name in _FIGURES]
    show(rows, as_json=False, title=say("Plan"))
    for sentence in sentences:
        note(escape(sentence))
    if grid is not None:
        show(grid.as_json()["bands"], as_json=False, title=say("Price grid"))
        note(escape(_simplicity(grid)))


def _simplicity(grid: FittedPolicy) -> str:
    """Return what a grid earns beside the plan; only caps that are not in it can make it more."""
    if grid.given_up_fen < 0:
        return say(
            "On these applicants the grid is expected to earn {profit_fen}: {more_fen} more than"
            " the plan, because caps by group or rating are not in it.",
            profit_fen=grid.profit_fen,
            more_fen=-grid.given_up_fen,
        )
    return say(
        "On these applicants the grid is expected to earn {profit_fen}: {given_up_fen} less"
        " than the plan, the price of simplicity.",
        profit_fen=grid.profit_fen,
        given_up_fen=grid.given_up_fen,
    )
