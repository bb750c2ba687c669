"""Springs and sticks beside a network of as many parameters and the exact spline."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from pyg_energyloss_springs.app.problem import Problem
from pyg_energyloss_springs.mechanics.relaxation import damped_motion
from pyg_energyloss_springs.regressor import SpringsAndSticksRegressor

BENDING = tuple(10.0**n for n in range(-3, 5))
ALPHA = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0)
ACTIVATION = ("relu", "tanh")


def tuned_springs(problem: Problem, *, sticks: int, group_size: int, folds: int) -> Any:
    """Fit with the stiffness of the hinges that cross-validates best."""
    model = SpringsAndSticksRegressor(sticks, group_size=group_size)
    return _search(model, {"bending": list(BENDING)}, problem, folds)


def tuned_network(problem: Problem, *, parameters: int, folds: int, seed: int) -> Any:
    """Fit a network with one hidden layer and at least as many parameters.

    Inputs and targets are standardised, L-BFGS runs to convergence; weight decay and activation are
    those that cross-validate best, on the folds that the springs had.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    outputs = problem.train[1].shape[1]
    hidden = hidden_units(parameters, problem.dim, outputs)
    network = MLPRegressor(
        hidden_layer_sizes=(hidden,), solver="lbfgs", max_iter=2000, random_state=seed
    )
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), network), transformer=StandardScaler()
    )
    prefix = "regressor__mlpregressor__"
    grid: dict[str, list[Any]] = {
        f"{prefix}alpha": list(ALPHA),
        f"{prefix}activation": list(ACTIVATION),
    }
    return _search(model, grid, problem, folds)


def hidden_units(parameters: int, inputs: int, outputs: int) -> int:
    """The fewest hidden units that give a network at least ``parameters`` numbers.

    >>> hidden_units(21, 1, 1)
    7
    """
    return max(1, math.ceil((parameters - outputs) / (inputs + 1 + outputs)))


def contest(
    problem: Problem, *, sticks: int, group_size: int, folds: int, seed: int
) -> dict[str, Any]:
    """Fit all competitors to one problem.

    Returns:
        Mean squared test error of each, in units of the test variance about the training mean, with
        what was chosen, and how far the damped motion ends from the direct solution.
    """
    scale = float(np.mean(problem.test[1] ** 2))
    springs = tuned_springs(problem, sticks=sticks, group_size=group_size, folds=folds)
    parameters = springs.module_.heights.numel()
    network = tuned_network(problem, parameters=parameters, folds=folds, seed=seed)
    options: dict[str, Any] = {"n_sticks": sticks, "group_size": group_size}
    spline = SpringsAndSticksRegressor(bending=0.0, **options).fit(*_train(problem))
    swung = SpringsAndSticksRegressor(
        bending=max(springs.bending, 1e-3), anchor=1e-3, relaxation=damped_motion, **options
    ).fit(*_train(problem))
    solved = SpringsAndSticksRegressor(
        bending=max(springs.bending, 1e-3), anchor=1e-3, **options
    ).fit(*_train(problem))
    hidden = network.regressor_[-1]
    errors = {
        name: _error(model, problem) / scale
        for name, model in (("springs", springs), ("spline", spline), ("network", network))
    }
    return {
        "seed": seed,
        "error": errors,
        "ratio": errors["springs"] / errors["network"],
        "test_variance": scale,
        "bending": springs.bending,
        "parameters": parameters,
        "network_parameters": sum(w.size for w in [*hidden.coefs_, *hidden.intercepts_]),
        "network_hidden": hidden.hidden_layer_sizes[0],
        "network_activation": hidden.activation,
        "network_alpha": hidden.alpha,
        "motion_difference": float(
            np.abs(swung.predict(problem.test[0]) - solved.predict(problem.test[0])).max()
        ),
    }


def sticks_sweep(
    problem: Problem, *, sticks: list[int], group_size: int, folds: int
) -> list[dict[str, float]]:
    """Test error against the number of sticks, hinges free and tuned, in units of the variance."""
    scale, rows = float(np.mean(problem.test[1] ** 2)), []
    for number in sticks:
        spline = SpringsAndSticksRegressor(number, group_size=group_size, bending=0.0)
        spline.fit(*_train(problem))
        tuned = tuned_springs(problem, sticks=number, group_size=group_size, folds=folds)
        rows.append(
            {
                "sticks": number,
                "parameters": tuned.module_.heights.numel(),
                "free": _error(spline, problem) / scale,
                "tuned": _error(tuned, problem) / scale,
                "free_train": float(
                    np.mean((spline.predict(problem.train[0]) - _train(problem)[1]) ** 2)
                )
                / scale,
            }
        )
    return rows


def _search(model: Any, grid: dict[str, list[Any]], problem: Problem, folds: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV, KFold

    cv = KFold(folds, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        # Candidates that do not converge are simply worse candidates.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = GridSearchCV(model, grid, cv=cv, scoring="neg_mean_squared_error")
        return found.fit(*_train(problem)).best_estimator_


def _train(problem: Problem) -> tuple[Any, Any]:
    points, values = problem.train
    return points, values[:, 0] if values.shape[1] == 1 else values


def _error(model: Any, problem: Problem) -> float:
    points, values = problem.test
    return float(np.mean((np.reshape(model.predict(points), values.shape) - values) ** 2))
