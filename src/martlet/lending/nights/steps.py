"""The one list of the night's steps, in their order; whoever has a step puts it here.

A step after `accrue` finds every loan's interest recognised up to the next morning; a step that
posts stands before `trial_balance`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.lending.collections.night import collect_step
from martlet.lending.nights.accrual import accrue_step
from martlet.lending.nights.allocation import allocate_step
from martlet.lending.nights.classes import classify_step
from martlet.lending.nights.dues import age_step, due_step
from martlet.lending.nights.lines import watch_lines_step
from martlet.lending.nights.night import NightStep
from martlet.lending.nights.proof import close_step, trial_balance_step, verify_step
from martlet.lending.nights.provisions import provide_step
from martlet.lending.participation.settlement import settle_step

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = (
    NightStep("allocate", allocate_step),
    NightStep("accrue", accrue_step),
    NightStep("due", due_step),
    NightStep("age", age_step),
    NightStep("classify", classify_step),
    NightStep("provide", provide_step),
    NightStep("watch_lines", watch_lines_step),
    NightStep("collect", collect_step),
    NightStep("settle", settle_step),
    NightStep("trial_balance", trial_balance_step),
    NightStep("verify", verify_step),
    NightStep("close", close_step),
)


def with_others(others: Sequence[NightStep]) -> tuple[NightStep, ...]:
    """Return the steps with those of other rooms before the trial balance that proves them all."""
    place = next(number for number, step in enumerate(STEPS) if step.name == "trial_balance")
    return (*STEPS[:place], *others, *STEPS[place:])
