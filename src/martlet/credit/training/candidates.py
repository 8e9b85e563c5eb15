"""Which characteristics may enter a trained scorecard, which way each is safer, and the prior.

The prior is an expert's index, written down by rule and not fitted: turnover leads (the one thing
all published work on small firms agrees on), and each step away from "sales, all history" halves
the weight: the last year for the whole, purchases for sales, suppliers for buyers. Several views
of one size are a less noisy measure of it than any one. Shares and trends have small weights of
like size. The order is the order in which they may enter: turnover alone, then how large and how
widely spread, then everything. Firm numbers, ratings and names are not in it: they hold the
outcome. What had been seen of the contest's firms before is told in `study.LIMITS_OF_USE`.
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
_PPM = 1_000_000


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


def _by_decade(
    kind: str, logit: float, why: str, low: int = 1, high: int = 1_000, scale: int = 1
) -> Candidate:
    """Return a candidate whose every factor of ten counts the same."""
    direction = Direction.HIGHER if logit > 0 else Direction.LOWER
    return Candidate(kind, direction, logit, low * scale, high * scale, logarithmic=True, why=why)


def _money(kind: str, logit: float, why: str) -> Candidate:
    """Return a candidate in money: from ten thousand yuan to a billion."""
    return _by_decade(kind, logit, why, 10_000, 1_000_000_000, _YUAN)


def _share(kind: str, logit: float, why: str, high: int = _PPM) -> Candidate:
    """Return a candidate in parts of a whole."""
    direction = Direction.HIGHER if logit > 0 else Direction.LOWER
    return Candidate(kind, direction, logit, 0, high, unit=_PPM, why=why)


def _months(kind: str, logit: float, why: str, high: int) -> Candidate:
    """Return a candidate that counts months."""
    return Candidate(kind, Direction.HIGHER, logit, 0, high, why=why)


SIZE: tuple[Candidate, ...] = (
    _money("invoice_sales_total_fen", 0.5, "size and length of trade in one figure"),
    _money("invoice_sales_12m_fen", 0.25, "what it turns over now"),
    _money(
        "invoice_purchases_total_fen", 0.25, "it buys because it sells: size from the other side"
    ),
    _money("invoice_purchases_12m_fen", 0.125, "what it buys now"),
    _by_decade("invoice_buyers_count", 0.25, "many buyers do not all leave at once"),
    _by_decade("invoice_suppliers_count", 0.125, "suppliers that deal with it"),
    _by_decade("invoice_sales_count_12m", 0.25, "many small sales are surer than one large"),
    _months("invoice_sales_months_active", 0.03, "who sells month after month can do it", 36),
    _months("invoice_sales_months_active_12m", 0.05, "steadiness over the last year", 12),
)
"""How large a business is, how long it has traded and how widely it is spread."""

CONDUCT: tuple[Candidate, ...] = (
    _share("invoice_sales_volatility_ppm", -0.3, "steady months pay instalments", 2 * _PPM),
    _by_decade("invoice_longest_pause_days", -0.3, "a pause is a month without takings", high=365),
    _by_decade(
        "invoice_days_since_last_sale_days",
        -0.3,
        "silence is the first sign of a firm that stopped",
        high=365,
    ),
    _share("invoice_sales_trend_ppm", 0.5, "shrinking sales come before failing", 2 * _PPM),
    _share("invoice_purchases_trend_ppm", 0.25, "buying falls before sales do", 2 * _PPM),
    _share("invoice_top_buyer_share_ppm", -0.5, "what is lost when the best buyer leaves"),
    _share("invoice_repeat_buyers_share_ppm", 0.5, "buyers that came back"),
    _share("invoice_top_supplier_share_ppm", -0.25, "how far it hangs on one supplier"),
    _share("invoice_void_share_ppm", -2.0, "invoices taken back as if never written", _PPM // 2),
    _share("invoice_refund_share_ppm", -2.0, "sales taken back", _PPM // 2),
    _share("invoice_purchase_void_share_ppm", -1.0, "suppliers took invoices back", _PPM // 2),
)
"""How steadily and how cleanly it trades, which way it goes, and on whom it hangs."""

INVOICE_CANDIDATES = SIZE + CONDUCT
"""For businesses known by their VAT invoices."""

TURNOVER = SIZE[0].kind
"""The one-feature ranking beside which every model is shown."""
