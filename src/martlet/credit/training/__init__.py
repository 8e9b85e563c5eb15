"""How a scorecard is made and proven: binning, regression, calibration, honest back-tests.

Floats live here and nowhere else in the room: what leaves is a scorecard of whole numbers. Nothing
is ever chosen on the folds that it is measured on.
"""
