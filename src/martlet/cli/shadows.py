"""`martlet credit shadow`: what the models in shadow would have done, beside the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.cli.options import JsonOption
from martlet.cli.output import note, show
from martlet.cli.session import open_session
from martlet.cli.words import say, written

if TYPE_CHECKING:
    from martlet.credit.shadow_report import ShadowReport, Share


def shadow(as_json: JsonOption = False) -> None:
    """Print, for each model in shadow, agreement, swap set and, where known, outcomes."""
    with open_session() as session:
        reports = session.bank.credit.shadow_reports(session.principal)
    if as_json:
        show(reports, as_json=True)
        return
    if not reports:
        note(say("No model runs in shadow."))
    for report in reports:
        show(_facts(report), as_json=False, title=f"{report.model.name} {report.model.version}")


def _facts(report: ShadowReport) -> dict[str, str]:
    """Return a report's figures by what they are called."""
    out, into, lived = report.swapped_out, report.swapped_in, report.lived
    facts = {
        say("Applications"): written("asked_count", report.asked_count),
        say("Failed"): written("failed_count", report.failed_count),
        say("Agrees with the champion"): _share(report.agreement),
        say("Rank correlation of the pds"): _share(report.rank_correlation),
        say("Mean pd: champion, shadow"): _both(report.champion_pd_ppm, report.shadow_pd_ppm),
        say("Would refuse, was approved"): say(
            "{cases_count}, limits {limit_fen}", cases_count=out.count, limit_fen=out.limit_fen
        ),
        say("Would approve, was refused"): say(
            "{cases_count}, limits {limit_fen}", cases_count=into.count, limit_fen=into.limit_fen
        ),
        say("Went bad, of the known"): _share(lived.bad),
    }
    if lived.bad.of_count:
        facts |= {
            say("Their mean pd: champion, shadow"): _both(
                lived.champion_pd_ppm, lived.shadow_pd_ppm
            ),
            say("Their AUC: champion, shadow"): _both(lived.champion_auc_ppm, lived.shadow_auc_ppm),
            say("Bad of the known, would refuse"): say(
                "{bad_count} of {known_count}", bad_count=out.bad_count, known_count=out.known_count
            ),
        }
    return facts


def _share(found: Share) -> str:
    """Return a share with its interval and the number of cases."""
    if found.value_ppm is None:
        return written("value_ppm", None)
    value, low, high = (
        written("value_ppm", ppm) for ppm in (found.value_ppm, found.low_ppm, found.high_ppm)
    )
    return f"{value} [{low}, {high}] (n = {found.of_count:,})"


def _both(one: int | None, other: int | None) -> str:
    return f"{written('pd_ppm', one)}, {written('pd_ppm', other)}"
