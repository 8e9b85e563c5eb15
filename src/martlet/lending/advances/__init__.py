"""Advances on takings: a fixed fee, repaid by a share of what the till takes.

Nothing accrues by the day. The fee is earned as cash comes in, along the effective rate of the
payments that were expected; being late means having paid less than the agreed minimum by a day.
"""

from martlet.lending.advances.curve import IncomeCurve, income_curve
from martlet.lending.advances.terms import TakingsTerms

__all__ = ["IncomeCurve", "TakingsTerms", "income_curve"]
