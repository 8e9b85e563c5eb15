"""Linear programs, by HiGHS: the only place that knows the solver, imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_TOLERANCE = 1e-9
"""Finer than the solver's default, since what is counted are shares of a whole book."""


def _solver() -> Any:  # noqa: ANN401 - the library has no types
    try:
        import highspy  # noqa: PLC0415 - an extra, wanted by whoever optimises
    except ImportError as error:
        raise missing_extra("optimise", "highspy") from error

    class Quiet(highspy.Highs):
        def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
            """Silence the solver before its first word, which would stand in the answer."""
            self.setOptionValue("output_flag", False)  # noqa: FBT003 - no keywords there
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    solver = Quiet()  # type: ignore[no-untyped-call]
    for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        solver.setOptionValue(option, _TOLERANCE)
    return solver


class CuttingProgram:
    """A small program that is solved again and again as rows are added: always the least cost."""

    def __init__(self, costs: Floats, highest: Floats) -> None:
        self._solver = _solver()
        for cost, high in zip(costs.tolist(), highest.tolist(), strict=True):
            self._solver.addCol(cost, 0.0, high, 0, [], [])

    def demand(self, columns: Integers, weights: Floats, least: float) -> None:
        """Add a row: the weighed columns together are at least so much."""
        self._solver.addRow(
            least, float("inf"), len(columns), columns.astype(np.int32), np.asarray(weights)
        )

    def widen(self, columns: int, high: float) -> None:
        """Let the first so many columns rise to `high`."""
        for column in range(columns):
            self._solver.changeColBounds(column, 0.0, high)

    def solve(self) -> tuple[float, Floats]:
        """Return the least cost and the columns that reach it."""
        self._solver.run()
        found = self._solver.getSolution()
        return float(self._solver.getInfo().objective_function_value), np.array(found.col_value)


def choose_shares(
    worth: Floats, owners: Integers, uses: Floats, allowed: Floats
) -> tuple[Floats, bool]:
    """Return how much of each option is taken so that the worth is greatest, and if it could be.

    The options of an owner make up at most one; what all use together (a column of `uses` for each
    row) stays within what is allowed. Every row is measured by its largest use.
    """
    if not len(worth):
        return np.zeros(0), bool((allowed >= 0).all())
    gauge = np.maximum(np.abs(uses).max(axis=0), np.abs(allowed) * 1e-6)
    gauge[gauge == 0] = 1.0
    uses, allowed = uses / gauge, allowed / gauge
    import highspy  # noqa: PLC0415 - `_solver` has said so if it is missing

    solver = _solver()
    people, place = np.unique(owners, return_inverse=True)
    rows = uses.shape[1]
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(worth), rows + len(people)
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_ = worth
    program.col_lower_, program.col_upper_ = np.zeros(len(worth)), np.ones(len(worth))
    program.row_lower_ = np.full(program.num_row_, -np.inf)
    program.row_upper_ = np.concatenate([allowed, np.ones(len(people))])
    used = np.column_stack([np.ones(len(worth)), uses])
    index = np.column_stack([place + rows, np.tile(np.arange(rows), (len(worth), 1))])
    kept = used != 0
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.concatenate([[0], kept.sum(axis=1).cumsum()]).astype(np.int32)
    program.a_matrix_.index_ = index[kept].astype(np.int32)
    program.a_matrix_.value_ = used[kept]
    solver.passModel(program)
    solver.run()
    solved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return np.array(solver.getSolution().col_value), solved
