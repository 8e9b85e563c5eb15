"""Small challengers made by hand, and any number of them made by chance."""

from __future__ import annotations

from hypothesis import strategies as st

from martlet.credit.boosted import BoostedTrees, Feature, Tree
from martlet.credit.scorecard import Direction
from martlet.credit.training.scale import FIRST_SCORE, POINTS_PER_LOGIT, pd_table

SALES, VOID, AGE = "invoice_sales_total_fen", "invoice_void_share_ppm", "records_history_days"
FEATURES = (
    Feature(SALES, Direction.HIGHER, 700_000),
    Feature(VOID, Direction.LOWER, 200_000),
    Feature(AGE, Direction.HIGHER, 100_000),
)
MICRO_PER_POINT = round(1_000_000 / POINTS_PER_LOGIT)

BY_HAND = Tree(
    feature=(0, 1, 2),
    threshold=(1_000_000, 100_000, 365),
    left=(1, ~0, ~2),
    right=(2, ~1, ~3),
    missing_left=(1, 0, 1),
    leaf_micro=(-300_000, -800_000, 100_000, 900_000),
)
"""Little sold: few voids -0.3, many -0.8. Much sold: young +0.1, old +0.9."""


def challenger(*trees: Tree, version: str = "1", name: str = "challenger") -> BoostedTrees:
    """A challenger of these trees, on the scale of every model of the house."""
    return BoostedTrees(
        name=name,
        version=version,
        features=FEATURES,
        base_micro=4_600_000,
        micro_per_point=MICRO_PER_POINT,
        trees=trees or (BY_HAND,),
        first_score=FIRST_SCORE,
        pd_ppm_by_score=pd_table(),
        about={"data": "made up for a test", "synthetic": "yes"},
    )


@st.composite
def monotone_trees(draw: st.DrawFn) -> Tree:
    """A monotone tree grown by chance: each side of a split keeps to its part of the worths."""
    feature: list[int] = []
    threshold: list[int] = []
    left: list[int] = []
    right: list[int] = []
    missing: list[int] = []
    leaves: list[int] = []

    def grow(low: int, high: int, depth: int) -> int:
        if depth == 0 or high - low < 2 or (depth < 4 and draw(st.booleans())):
            leaves.append(draw(st.integers(low, high)))
            return ~(len(leaves) - 1)
        at = len(feature)
        asked = draw(st.integers(0, 2))
        feature.append(asked)
        threshold.append(draw(st.integers(-5, 25)))
        missing.append(draw(st.integers(0, 1)))
        left.append(0)
        right.append(0)
        middle = draw(st.integers(low, high))
        worse, better = (low, middle), (middle, high)
        higher = FEATURES[asked].direction is Direction.HIGHER
        for side, part in ((left, worse), (right, better)) if higher else (
            (left, better), (right, worse),
        ):  # fmt: skip
            side[at] = grow(*part, depth - 1)
        return at

    grow(-3_000_000, 3_000_000, draw(st.integers(0, 4)))
    arrays = (feature, threshold, left, right, missing, leaves)
    return Tree(*(tuple(array) for array in arrays))
