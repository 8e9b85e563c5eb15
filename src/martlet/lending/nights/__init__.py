"""The steps of the end of a business date, and the one list of them.

Each step is a handler of one transaction over a bounded part of the book, keyed by date and name;
it asks only for what is not done yet, so doing it again does nothing. Another package adds a step
of its own in `nights.steps`.
"""

from martlet.lending.nights.night import Night, NightStep

__all__ = ["Night", "NightStep"]
