"""Forecasts that add up: over groups, over days, exactly."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.cashflow.reconcile import (
    BOTTOM_UP,
    MINT,
    TOP_DOWN,
    agree,
    apply,
    hierarchy,
    mint_weights,
    on_grid,
    shrunk_covariance,
)
from martlet.cashflow.sums import Plays

IDS = ("a", "b", "c", "d", "e")
GROUPS = {"chain": ("x", "x", "y", "y", "y"), "city": ("n", "s", "n", "s", "s")}


def plays(seed: int = 3, horizon: int = 10) -> tuple[np.ndarray, Plays]:
    tree = hierarchy(IDS, GROUPS)
    rng = np.random.default_rng(seed)
    came = rng.gamma(4, 25, (40, 5, horizon))
    nodes = np.stack([tree.nodes(each) for each in came])
    said = nodes * rng.lognormal(0, 0.2, nodes.shape)
    return said[-1], Plays(np.arange(100, 140), said, nodes)


def test_a_tree_has_a_sum_for_each_group_and_none_that_says_nothing_new() -> None:
    tree = hierarchy(IDS, {**GROUPS, "same": ("1", "1", "2", "2", "2"), "own": IDS})
    assert tree.groups == (("chain", "x"), ("chain", "y"), ("city", "n"), ("city", "s"))
    assert list(tree.nodes(np.ones(5))) == [2, 3, 2, 3, 1, 1, 1, 1, 1]


def test_every_way_adds_up_and_top_down_keeps_the_totals_that_it_shares_out() -> None:
    tree = hierarchy(IDS, GROUPS)
    _, played = plays()
    shared = apply(tree, TOP_DOWN + "chain", played.said)
    assert np.allclose(np.einsum("gl,ulh->ugh", tree.summing[:2], shared), played.said[:, :2])
    assert np.array_equal(apply(tree, BOTTOM_UP, played.said), played.said[:, 4:])


def test_the_least_variance_way_leaves_alone_what_already_agrees_and_errs_less() -> None:
    tree = hierarchy(IDS, GROUPS)
    _, played = plays()
    weights = mint_weights(tree, played.missed)
    agreed = apply(tree, MINT, played.came, weights)
    assert np.allclose(agreed, played.came[:, 4:])
    before = np.square(played.missed[:, 4:]).mean()
    after = np.square(apply(tree, MINT, played.said, weights) - played.came[:, 4:]).mean()
    assert after < before


def test_what_agrees_adds_up_to_the_last_bit_in_any_order() -> None:
    tree = hierarchy(IDS, GROUPS)
    mean, played = plays()
    found = agree(tree, mean, played, positive=True)
    assert (found.leaves >= 0).all()
    assert all(abs(sum(share.values()) - 1) < 1e-9 for share in found.shares)
    forth = sum(float(value) for value in found.leaves.ravel())
    back = sum(float(value) for value in found.leaves.T.ravel()[::-1])
    assert forth == back == tree.nodes(found.leaves)[:2].sum()


def test_leaves_without_groups_stay_as_they_were() -> None:
    mean, played = plays()
    tree = hierarchy(IDS, {})
    own = Plays(played.origins, played.said[:, 4:], played.came[:, 4:])
    found = agree(tree, mean[4:], own, positive=False)
    assert np.allclose(found.leaves, mean[4:], atol=1e-3)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_on_the_grid_no_order_of_adding_matters(values: list[float], order: object) -> None:
    grid = on_grid(np.array(values))
    shuffled = [float(value) for value in grid]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sum(shuffled) == sum(float(value) for value in grid)
    assert np.abs(grid - values).max() <= 0.02


def test_a_shrunk_covariance_can_be_inverted_with_fewer_days_than_series() -> None:
    rows = np.random.default_rng(1).normal(size=(10, 30))
    found = shrunk_covariance(rows)
    assert np.linalg.eigvalsh(found).min() > 0
    assert np.allclose(np.diag(found), np.square(rows).mean(axis=0))
