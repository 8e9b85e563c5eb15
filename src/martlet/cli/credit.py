"""`martlet credit`: decide, explain, replay; publish policies, look after models."""

from __future__ import annotations

from typing import Annotated

import typer

from martlet.cli import (
    backtests,
    batch,
    monitoring,
    optimising,
    policies,
    scoring,
    shadows,
    studies,
)
from martlet.cli.options import JsonOption, group
from martlet.cli.output import show
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()
app.add_typer(policies.app, name="policy", help=say("Policies: the bank's rules as data."))
app.command("train", help=say("Train a scorecard on businesses whose history is known."))(
    studies.train
)
app.command(
    "backtest",
    help=say(
        "Either --policy or --model: decide the bank's stored applications again, each as of its"
        " own day, and show who moves and what it comes to. Or --data: measure training on a"
        " folder of labelled firms, beside turnover alone."
    ),
)(backtests.backtest)
app.command("monitor", help=say("Drift by month and bin, approvals, calibration and vintages."))(
    monitoring.monitor
)
app.command("fairness", help=say("How regions, trades and sizes fare, with intervals."))(
    monitoring.fairness
)
app.command("rejects", help=say("What the refused might have done: bounds and assumptions."))(
    monitoring.rejects
)
app.command("decide-batch", help=say("Decide a file of applications by the million; restartable."))(
    batch.decide_batch
)
app.command("score", help=say("Answer a lender's own file of applications; no bank is opened."))(
    scoring.score
)
app.command(
    "study",
    help=say(
        "Train on a folder's labelled firms, decide those without an outcome, and write one page,"
        " in Chinese and in English, on who gets what and why."
    ),
)(studies.study)
app.command("models", help=say("The registry of models; promote one with --promote."))(
    policies.models
)
app.command("shadow", help=say("What the models in shadow would have done on live traffic."))(
    shadows.shadow
)
app.command(
    "optimise",
    help=say(
        "Limits and rates for a whole file of applicants: the most expected profit under budget,"
        " losses and caps, and what one yuan more of each would earn. Opens no bank."
    ),
)(optimising.optimise)

HASH_CHARS_SHOWN = 12
"""Of a hash, on a terminal: enough to tell a bank's models apart; `--json` gives all of it."""

DecisionArgument = Annotated[str, typer.Argument(help=say("The decision's id."))]


@app.command("decide", help=say("Decide on a business as of now, without recording it."))
def decide(
    party: Annotated[str, typer.Argument(help=say("The business's id."))],
    amount: Annotated[str, typer.Option(help=say("Amount asked for, in yuan."))] = "100000",
    product: Annotated[str, typer.Option(help=say("Product."))] = "revolving_daily",
    tenor: Annotated[int, typer.Option(help=say("Tenor in days."))] = 360,
    as_json: JsonOption = False,
) -> None:
    """Print the decision that an application would get now."""
    from martlet.cli.reading import yuan
    from martlet.credit import Application
    from martlet.kernel.calendar import business_date_of
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        bank, principal, party_id = session.bank, session.principal, parse_id(party)
        now = bank.clock.now()
        application = Application(
            application_id=bank.ids.new(),
            party_id=party_id,
            product=product,
            requested_fen=yuan(amount),
            tenor_days=tenor,
            applied_on=business_date_of(now),
        )
        signals = bank.credit.signals(principal, party_id, now)
        found = bank.credit.decide_now(principal, application, signals, now)
    show(found.as_json(), as_json=as_json)


@app.command(
    "explain", help=say("Why a recorded decision is what it is, and what would change it.")
)
def explain(decision: DecisionArgument, as_json: JsonOption = False) -> None:
    """Print a decision's waterfall, reasons and ways out in the terminal's language."""
    from martlet.cli.words import LANGUAGE
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        found = session.bank.credit.explain(session.principal, parse_id(decision), LANGUAGE)
    show(found, as_json=as_json)


@app.command("replay", help=say("Decide again from what was recorded; the bytes must be the same."))
def replay(decision: DecisionArgument, as_json: JsonOption = False) -> None:
    """Replay a decision; exit 1 where it differs."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        report = session.bank.credit.replay(session.principal, parse_id(decision))
    if as_json:
        show(report, as_json=True)
    else:
        show({"identical": report.identical}, as_json=False)
        if report.shadows:
            rows = [
                {
                    **s.stored.as_json(),
                    "model_hash": s.stored.model_hash[:HASH_CHARS_SHOWN],
                    "identical": s.identical,
                }
                for s in report.shadows
            ]
            show(rows, as_json=False, title=say("Beside it, in shadow"))
    if not report.all_identical:
        raise typer.Exit(1)
