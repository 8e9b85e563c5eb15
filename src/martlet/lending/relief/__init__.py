"""Relief programmes: a dated set of rules that gives many loans time or money at once.

A programme is data. It is drafted, previewed, approved by a second person, launched in a job that
survives a kill, and can be stopped and reversed; loans are touched by their events alone.
"""

from martlet.lending.relief.model import Measure, MeasureKind, Payer, Programme, Stage, Who
from martlet.lending.relief.reading import parse_programme, shipped_programmes

__all__ = [
    "Measure",
    "MeasureKind",
    "Payer",
    "Programme",
    "Stage",
    "Who",
    "parse_programme",
    "shipped_programmes",
]
