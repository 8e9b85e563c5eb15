"""How a scorecard is made and proven: binning, regression, calibration, honest back-tests.

Floats live here and nowhere else in the room: what leaves is a scorecard of whole numbers. Nothing
is ever chosen on the folds that it is measured on.
"""

from martlet.credit.training.backtest import BacktestReport, Measured, backtest
from martlet.credit.training.boosted import TrainedTrees, train_trees
from martlet.credit.training.candidates import INVOICE_CANDIDATES, Candidate
from martlet.credit.training.comparison import (
    ChallengerReport,
    Compared,
    ComparisonReport,
    compare,
    compare_folder,
    train_challenger,
)
from martlet.credit.training.fit import Trained, train
from martlet.credit.training.ingredients import Recipe
from martlet.credit.training.measures import Estimate
from martlet.credit.training.study import TrainingReport, backtest_folder, train_folder

__all__ = [
    "INVOICE_CANDIDATES",
    "BacktestReport",
    "Candidate",
    "ChallengerReport",
    "Compared",
    "ComparisonReport",
    "Estimate",
    "Measured",
    "Recipe",
    "Trained",
    "TrainedTrees",
    "TrainingReport",
    "backtest",
    "backtest_folder",
    "compare",
    "compare_folder",
    "train",
    "train_challenger",
    "train_folder",
    "train_trees",
]
