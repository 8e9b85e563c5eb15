"""Relief programmes: a dated set of rules that gives many loans time or money at once.

A programme is data. It is drafted, previewed, approved by a second person, launched in a job that
survives a kill, and can be stopped and reversed; loans are touched by their events alone.
"""

from martlet.lending.relief.model import Measure, MeasureKind, Payer, Programme, Stage, Who
from martlet.lending.relief.proof import ReliefReport, verify_relief
from martlet.lending.relief.reading import parse_programme, shipped_programmes
from martlet.lending.relief.report import report_csv
from martlet.lending.relief.service import ReliefService

__all__ = [
    "Measure",
    "MeasureKind",
    "Payer",
    "Programme",
    "ReliefReport",
    "ReliefService",
    "Stage",
    "Who",
    "parse_programme",
    "report_csv",
    "shipped_programmes",
    "verify_relief",
]
