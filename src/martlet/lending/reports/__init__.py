"""Reports of the lending room: what a product costs, a loan's whole course, the book by age.

Reads only, each for a principal; nothing here is stored and everything follows from loans' rows,
terms and events.
"""

from martlet.lending.reports.ageing import AGE_BUCKETS, book_by_age
from martlet.lending.reports.classes import book_by_class
from martlet.lending.reports.examples import example
from martlet.lending.reports.timeline import timeline
from martlet.lending.reports.vintages import OVERDUE_DAYS, Cohort, Cohorts, cohorts

__all__ = [
    "AGE_BUCKETS",
    "OVERDUE_DAYS",
    "Cohort",
    "Cohorts",
    "book_by_age",
    "book_by_class",
    "cohorts",
    "example",
    "timeline",
]
