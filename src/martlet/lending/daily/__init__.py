"""The fold by the day: interest on the balance of each night, whatever happens to the loan.

`Fold` replays a loan's events in the order in which they count; `projection` is its only caller.
"""

from martlet.lending.daily.fold import Fold
from martlet.lending.daily.happenings import happen

__all__ = ["Fold", "happen"]
