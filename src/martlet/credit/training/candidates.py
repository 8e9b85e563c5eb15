"""Which characteristics may enter a trained scorecard, which way each is safer, and the prior.

Turnover leads (the one thing all published work on small firms agrees on), then steadiness,
spread, growth and recency with small weights of like size. The list and the prior's weights were
written down after the single characteristics had been ranked on the 123 contest firms, so a
back-test on those firms is optimistic by an unknown amount (`study.LIMITS_OF_USE` says so on every
card). The order is the order in which they may enter: a smaller model is always a beginning of
this list. Turnover is without VAT: tax is only passed on, at rates that differ by taxpayer. Firm
numbers, ratings and names are not in it: they hold the outcome.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.scorecard import Direction

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats

_YUAN = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """A characteristic with its direction and its prior curve of log-odds of being good."""

    kind: str
    direction: Direction
    logit_per_step: float
    """How much one step is worth: a factor of ten (`logarithmic`), or one `unit`."""
    low: int
    high: int
    """Outside these values the prior says nothing more."""
    unit: int = 1
    logarithmic: bool = False
    why: str = ""

    def prior_logit(self, values: Floats) -> Floats:
        """Return the prior's log-odds of being good at values, up to a constant."""
        inside = np.clip(values, self.low, self.high)
        if self.logarithmic:
            steps = np.log10(np.maximum(inside, 1.0)) - math.log10(max(self.low, 1))
        else:
            steps = (inside - self.low) / self.unit
        return np.asarray(steps * self.logit_per_step, dtype=np.float64)


_HIGHER, _LOWER = Direction.HIGHER, Direction.LOWER
_PPM = 1_000_000

INVOICE_CANDIDATES: tuple[Candidate, ...] = (
    Candidate(
        "invoice_net_sales_total_fen",
        _HIGHER,
        1.5,
        10_000 * _YUAN,
        1_000_000_000 * _YUAN,
        logarithmic=True,
        why="size and length of trade in one figure",
    ),
    Candidate(
        "invoice_sales_months_active",
        _HIGHER,
        0.03,
        0,
        36,
        why="a business that sells month after month has shown that it can",
    ),
    Candidate(
        "invoice_buyers_count",
        _HIGHER,
        0.5,
        1,
        1_000,
        logarithmic=True,
        why="many buyers do not all leave at once",
    ),
    Candidate(
        "invoice_top_buyer_share_ppm",
        _LOWER,
        -1.0,
        0,
        _PPM,
        unit=_PPM,
        why="what is lost when the best buyer leaves",
    ),
    Candidate(
        "invoice_sales_trend_ppm",
        _HIGHER,
        0.5,
        0,
        2 * _PPM,
        unit=_PPM,
        why="shrinking sales come before failing",
    ),
    Candidate(
        "invoice_days_since_last_sale_days",
        _LOWER,
        -0.3,
        1,
        365,
        logarithmic=True,
        why="silence is the first sign of a firm that stopped",
    ),
    Candidate(
        "invoice_sales_volatility_ppm",
        _LOWER,
        -0.3,
        0,
        2 * _PPM,
        unit=_PPM,
        why="steady months pay instalments",
    ),
    Candidate(
        "invoice_void_share_ppm",
        _LOWER,
        -2.0,
        0,
        _PPM // 2,
        unit=_PPM,
        why="invoices taken back as if they had never been",
    ),
)
"""For businesses known by their VAT invoices."""

TURNOVER = "invoice_net_sales_total_fen"
"""The one-feature ranking beside which every model is shown."""
