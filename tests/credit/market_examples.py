"""A small market and people who want a loan in it, made up for tests (synthetic)."""

from __future__ import annotations

import numpy as np

from martlet.credit.optimise import Applicant, Market, Terms, rating_of

MARKET = Market(
    (40_000, 60_000, 80_000, 100_000, 120_000, 150_000),
    {
        "A": (0, 400_000, 580_000, 720_000, 820_000, 920_000),
        "B": (0, 370_000, 560_000, 700_000, 800_000, 890_000),
        "C": (0, 350_000, 550_000, 690_000, 790_000, 880_000),
    },
)
"""Of a hundred customers nobody leaves at 4 %, and nine in ten at 15 %."""

YUAN = 100


def terms(**changes: int) -> Terms:
    """One year from 4 % to 15 %, limits from 1 yuan to a million."""
    values = {"rate_min_ppm": 40_000, "rate_max_ppm": 150_000, "limit_max_fen": 1_000_000 * YUAN}
    return Terms(**{**values, **changes})


def shop(number: int, pd_ppm: int, limit_yuan: int, group: str = "", rating: str = "") -> Applicant:
    """A shop that may have so much: its cash flow, its request and its cap allow just that."""
    return Applicant(
        application_id=f"shop-{number}",
        pd_ppm=pd_ppm,
        rating=rating or rating_of(pd_ppm),
        cash_flow_monthly_fen=limit_yuan * YUAN,
        requested_fen=limit_yuan * YUAN,
        cap_fen=limit_yuan * YUAN,
        group=group,
    )


def street(count: int, seed: int = 1) -> tuple[Applicant, ...]:
    """Many shops of all sizes and risks, drawn by a seed."""
    rng = np.random.default_rng(seed)
    pds = np.clip(np.exp(rng.normal(-3.3, 0.9, count)), 0.0005, 0.6)
    sizes = np.exp(rng.normal(11.0, 1.2, count))
    groups = rng.integers(0, 4, count)
    return tuple(
        shop(place, int(pd * 1_000_000), max(int(size), 1), f"trade-{group}")
        for place, (pd, size, group) in enumerate(zip(pds, sizes, groups, strict=True))
    )
