"""`martlet cashflow outlook` and `receivables`: the days ahead of a stored business."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption, KeyOption, key_or_new
from martlet.cli.output import note, show
from martlet.cli.reading import day, share, yuan
from martlet.cli.session import open_session
from martlet.cli.words import LANGUAGE, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.outlook import Outlook

_BARS = "▁▂▃▄▅▆▇█"
_WEEK = 7
_DRIVERS_SHOWN = 8
_CUSTOMERS_SHOWN = 30

Party = Annotated[str, typer.Argument(help=say("The business's id."))]
AsOf = Annotated[
    str, typer.Option(help=say("Last day that is over (YYYY-MM-DD); default yesterday."))
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--change",
        help=say(
            "What if: kind:field=value,... as in one_off:due_on=2026-12-01,amount_fen=-500000;"
            " kinds: new_store, customer_gone, promotion, late_receipts, one_off, new_order."
        ),
    ),
]


def outlook(
    party: Party,
    as_of: AsOf = "",
    horizon: Annotated[int, typer.Option(min=1, max=183, help=say("Days ahead."))] = 56,
    risk: Annotated[str, typer.Option(help=say("Accepted chance of a shortfall."))] = "5%",
    change: Changes = None,
    as_json: JsonOption = False,
) -> None:
    """Show the days ahead by the week, the lowest point and what leads to it; changes beside it."""
    from martlet.cashflow.changes import change_from_text
    from martlet.cashflow.telling import outlook_json, what_if_json
    from martlet.kernel.ids import parse_id

    changes = tuple(change_from_text(text) for text in change or ())
    with open_session() as session:
        told = session.bank.cashflow.what_if(
            session.principal,
            parse_id(party),
            changes,
            as_of=day(as_of) if as_of else None,
            horizon_days=horizon,
            risk_ppm=share(risk),
        )
    if as_json:
        whole = what_if_json(told, changes, LANGUAGE) if changes else None
        show(whole or outlook_json(told.before, LANGUAGE), as_json=True)
        return
    _tell(told.before)
    if changes:
        note("")
        _tell(told.after, say("With the changes"))
        answer = what_if_json(told, changes, LANGUAGE)["difference"]
        show(answer, as_json=False, title=say("What the changes do"))


def receivables(party: Party, as_of: AsOf = "", as_json: JsonOption = False) -> None:
    """Show each customer's rhythm: how often it buys, how late it pays, whether it is gone."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        told = session.bank.cashflow.receivables(
            session.principal, parse_id(party), as_of=day(as_of) if as_of else None
        )
    if as_json:
        show(told, as_json=True)
        return
    shown = ("name", "times", "share_ppm", "last_on", "silent_days", "gap_median_days")
    more = ("lost_ppm", "next_on", "pays_median_days", "pays_90_days", "unpaid_fen")
    rows = [one.as_json() for one in told.customers[:_CUSTOMERS_SHOWN]]
    show([{name: row[name] for name in (*shown, *more)} for row in rows], as_json=False)


def note_item(
    party: Party,
    kind: Annotated[
        str, typer.Argument(help=say("contract, bill, tax, wages, rent or recurring."))
    ],
    due: Annotated[str, typer.Argument(help=say("The day on which it is due (YYYY-MM-DD)."))],
    amount: Annotated[str, typer.Argument(help=say("In yuan: in above zero, out below."))],
    label: Annotated[str, typer.Option(help=say("Whose it is."))] = "",
    chance: Annotated[str, typer.Option(help=say("How sure it is (0.8 or 80%)."))] = "100%",
    late: Annotated[int, typer.Option(help=say("Days that it is usually late."))] = 0,
    times: Annotated[int, typer.Option(help=say("Months that it comes."))] = 1,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Note a flow that is known ahead; from now on every outlook expects it."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.cashflow.note_item(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            kind=kind,
            due_on=day(due),
            amount_fen=_signed(amount),
            label=label,
            probability_ppm=share(chance),
            late_days=late,
            times=times,
        )
    show(answer, as_json=as_json)


def items(party: Party, as_json: JsonOption = False) -> None:
    """Show what is noted of the days from today on."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        found = session.bank.cashflow.noted_items(session.principal, parse_id(party))
    show(found, as_json=as_json)


def take_back_item(
    item: Annotated[str, typer.Argument(help=say("The item's id."))],
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take back a noted flow: from now on it is not expected."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.cashflow.take_back_item(
            session.principal, key_or_new(session.bank, key), parse_id(item)
        )
    show(answer, as_json=as_json)


def _signed(text: str) -> int:
    """Read an amount that may lie below zero."""
    return -yuan(text.removeprefix("-")) if text.startswith("-") else yuan(text)


def _tell(told: Outlook, title: str = "") -> None:
    from martlet.cashflow.telling import outlook_json

    whole = outlook_json(told, LANGUAGE)
    opening, shortfall = told.basis.opening, told.shortfall
    facts: dict[str, Any] = {
        "as_of": told.basis.as_of,
        "read_through": told.basis.read_through,
        "money_at_hand_fen": None if opening is None else opening.at_hand_fen,
        "lowest_on": told.lowest.on,
        "lowest_expected_fen": told.lowest.expected_fen,
        "shortfall_chance_ppm": None if shortfall is None else shortfall.probability_ppm,
        "shortfall_likely_on": None if shortfall is None else shortfall.likely_on,
        "safe_to_move_fen": told.safe_to_move_fen,
    }
    show(facts, as_json=False, title=title)
    show(_weeks(told), as_json=False, title=say("By the week"))
    if sys.stdout.isatty():
        note(_chart(told))
    items = [
        {"due_on": one["due_on"], "what": one["what"], "label": one["label"],
         "amount_fen": one["amount_fen"], "probability_ppm": one["probability_ppm"]}
        for one in whole["known_items"]
    ]  # fmt: skip
    if items:
        show(items, as_json=False, title=say("Known ahead"))
    leads = [
        {"sentence": one["sentence"], "amount_fen": one["amount_fen"]}
        for one in _largest(whole["drivers"])
    ]
    if leads:
        show(leads, as_json=False, title=say("What leads to the lowest point"))
    for one in whole["notes"]:
        note(one["sentence"])


def _largest(drivers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = sorted(drivers, key=lambda one: -abs(one["amount_fen"]))[:_DRIVERS_SHOWN]
    return sorted(kept, key=lambda one: one["amount_fen"])


def _weeks(told: Outlook) -> list[dict[str, Any]]:
    from martlet.cashflow.outlook import OUTLOOK_LEVELS

    low = OUTLOOK_LEVELS.index(0.1)
    rows = []
    for start in range(0, len(told.days), _WEEK):
        week = slice(start, start + _WEEK)
        row: dict[str, Any] = {
            "week_from": told.days[start],
            "inflow_fen": sum(told.inflow.mean_fen[week]),
            "outflow_fen": sum(told.outflow.mean_fen[week]),
        }
        if told.balance is None or told.shortfall is None:
            row["net_fen"] = sum(told.net.mean_fen[week])
        else:
            row["balance_least_fen"] = min(told.balance.mean_fen[week])
            row["balance_least_10_fen"] = min(day[low] for day in told.balance.quantiles_fen[week])
            row["short_by_then_ppm"] = told.shortfall.by_day_ppm[week][-1]
        rows.append(row)
    return rows


def _chart(told: Outlook) -> str:
    """Return a bar a day of the money expected at hand; red where one in ten falls short."""
    from itertools import accumulate

    from martlet.cashflow.outlook import OUTLOOK_LEVELS

    known = told.balance
    values = list(known.mean_fen) if known else list(accumulate(told.net.mean_fen))
    least, span = min(values), max(max(values) - min(values), 1)
    bars = [_BARS[(fen - least) * (len(_BARS) - 1) // span] for fen in values]
    if known is not None:
        low = OUTLOOK_LEVELS.index(0.1)
        marks = zip(bars, known.quantiles_fen, strict=True)
        bars = [f"[red]{bar}[/red]" if day[low] < 0 else bar for bar, day in marks]
    return "".join(bars)
