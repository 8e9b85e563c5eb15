"""Logistic regression by Newton steps, weights never negative and drawn towards a prior.

The invariant: no weight is below zero, so that a characteristic that is monotone by its bins stays
so in the sum. The intercept is free; every other weight pays for its distance from the prior's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from martlet.credit.training.arrays import Floats, Truths  # noqa: TC001 - aliases read at run time

_STEPS_MAX = 60
_TOLERANCE = 1e-5
"""Newton squares what is left: after a step this small nothing is."""
_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Fit:
    """The intercept and the weights."""

    intercept: float
    weights: Floats

    def logit(self, columns: Floats) -> Floats:
        """Return the log-odds of being good."""
        return np.asarray(self.intercept + columns @ self.weights, dtype=np.float64)


def fit_logistic(
    columns: Floats, good: Truths, prior_weights: Floats, penalty: float, *, floor: float = 0.0
) -> Fit:
    """Return the penalised maximum-likelihood fit with all weights at or above `floor`."""
    target = good.astype(np.float64)
    width = columns.shape[1]
    design = np.column_stack([np.ones(len(target)), columns])
    prior = np.concatenate([[0.0], np.maximum(prior_weights, floor)])
    ridge = np.concatenate([[0.0], np.full(width, penalty)])
    lowest = np.concatenate([[-np.inf], np.full(width, floor)])
    mean = float(np.clip(target.mean(), 0.01, 0.99))
    theta = prior.copy()
    theta[0] = np.log(mean / (1 - mean)) - float((columns @ prior[1:]).mean())
    loss = _loss(design, target, theta, prior, ridge)
    held = np.diag(ridge + _EPSILON)
    for _ in range(_STEPS_MAX):
        chance = _chance(design @ theta)
        gradient = design.T @ (chance - target) + ridge * (theta - prior)
        free = (theta > lowest + _EPSILON) | (gradient < 0)
        weight = np.maximum(chance * (1 - chance), 1e-6)
        hessian = (design.T * weight) @ design + held
        if free.all():
            step = np.linalg.solve(hessian, gradient)
        else:
            step = np.zeros_like(theta)
            step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        theta, loss, moved = _walk(design, target, (theta, loss), step, (prior, ridge, lowest))
        if moved < _TOLERANCE:
            break
    return Fit(float(theta[0]), theta[1:])


def _walk(
    design: Floats,
    target: Floats,
    here: tuple[Floats, float],
    step: Floats,
    terms: tuple[Floats, Floats, Floats],
) -> tuple[Floats, float, float]:
    """Take the Newton step, halved until it helps, never below the floor."""
    (theta, loss), (prior, ridge, lowest) = here, terms
    size = 1.0
    while size > 1e-6:  # noqa: PLR2004 - a step this small changes nothing
        tried = np.maximum(theta - size * step, lowest)
        trial = _loss(design, target, tried, prior, ridge)
        if trial <= loss:
            return tried, trial, float(np.abs(tried - theta).max())
        size /= 2
    return theta, loss, 0.0


def _chance(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -30, 30))), dtype=np.float64)


def _loss(design: Floats, target: Floats, theta: Floats, prior: Floats, ridge: Floats) -> float:
    logit = design @ theta
    surprise = np.logaddexp(0.0, logit) - target * logit
    return float(surprise.sum() + 0.5 * (ridge * (theta - prior) ** 2).sum())
