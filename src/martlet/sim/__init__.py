"""The simulated world: made-up merchants who live a year with the bank, by a seed.

The production services on a clock moved by hand: the same seed ends in the same chain hash, and
at each month's end the bank is held to its word. Everything here is synthetic and says so.
"""

from martlet.sim.calibration import Calibration, calibration
from martlet.sim.rail import WeatheredRail
from martlet.sim.report import SimReport
from martlet.sim.simulate import open_world, run_world, simulate
from martlet.sim.world import Merchant, merchants

__all__ = [
    "Calibration",
    "Merchant",
    "SimReport",
    "WeatheredRail",
    "calibration",
    "merchants",
    "open_world",
    "run_world",
    "simulate",
]
