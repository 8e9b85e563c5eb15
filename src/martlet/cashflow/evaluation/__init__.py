"""The proof of the forecasts: rolling origins on anyone's series, plain methods in the same run."""

from martlet.cashflow.evaluation.funds import Accuracy, accuracies
from martlet.cashflow.evaluation.funds import shown as accuracies_shown
from martlet.cashflow.evaluation.protocols import PROTOCOLS, Protocol, protocol
from martlet.cashflow.evaluation.reading import read_series
from martlet.cashflow.evaluation.run import Line, Report, evaluate

__all__ = [
    "PROTOCOLS",
    "Accuracy",
    "Line",
    "Protocol",
    "Report",
    "accuracies",
    "accuracies_shown",
    "evaluate",
    "protocol",
    "read_series",
]
