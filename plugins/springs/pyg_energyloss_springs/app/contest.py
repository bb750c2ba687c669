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
    model: str, problem: Problem, *, sticks: int, group_size: int, folds: int, seed: int
) -> dict[str, Any]:
    """Fit one of the competitors to a problem.

    Args:
        model: ``springs``, ``spline`` (free hinges) or ``network``.
        problem: What is learned.
        sticks: Along each feature.
        group_size: Features per grid.
        folds: Of the cross-validation.
        seed: Of the network's weights.

    Returns:
        Mean squared test error in units of the test variance about the training mean, parameters,
        what was chosen, and of springs how far the damped motion ends from the direct solution.
    """
    shape: dict[str, Any] = {"sticks": sticks, "group_size": group_size}
    if model == "network":
        nodes = spline(problem, **shape).module_.heights.numel()
        fitted = tuned_network(problem, parameters=nodes, folds=folds, seed=seed)
        hidden = fitted.regressor_[-1]
        units, activation = hidden.hidden_layer_sizes[0], hidden.activation
        about = {
            "parameters": sum(w.size for w in [*hidden.coefs_, *hidden.intercepts_]),
            "chosen": f"{units} {activation}, decay {hidden.alpha:g}",
            "hidden": units,
        }
    else:
        free = model == "spline"
        fitted = spline(problem, **shape) if free else tuned_springs(problem, folds=folds, **shape)
        about = {
            "parameters": fitted.module_.heights.numel(),
            "chosen": "direct solution" if free else f"hinges {fitted.bending:g}",
        }
        if not free:
            about["motion_difference"] = motion_difference(problem, fitted.bending, **shape)
    return {"error": error(fitted, problem), **about}


def spline(problem: Problem, *, sticks: int, group_size: int) -> SpringsAndSticksRegressor:
    """Fit with free hinges: the least-squares spline."""
    model = SpringsAndSticksRegressor(sticks, group_size=group_size, bending=0.0)
    return model.fit(*_train(problem))


def motion_difference(problem: Problem, bending: float, *, sticks: int, group_size: int) -> float:
    """How far the damped motion ends from the direct solution, over the test points."""
    options: dict[str, Any] = {"n_sticks": sticks, "group_size": group_size, "anchor": 1e-3}
    options["bending"] = max(bending, 1e-3)
    swung = SpringsAndSticksRegressor(relaxation=damped_motion, **options).fit(*_train(problem))
    solved = SpringsAndSticksRegressor(**options).fit(*_train(problem))
    points = problem.test[0]
    return float(np.abs(swung.predict(points) - solved.predict(points)).max())


def hinges(problem: Problem, *, sticks: int, group_size: int, folds: int) -> dict[str, Any]:
    """Test error with hinges free and tuned, in units of the variance."""
    free = spline(problem, sticks=sticks, group_size=group_size)
    tuned = tuned_springs(problem, sticks=sticks, group_size=group_size, folds=folds)
    points, values = _train(problem)
    misfit = float(np.mean((free.predict(points) - values) ** 2))
    return {
        "parameters": tuned.module_.heights.numel(),
        "chosen": f"hinges {tuned.bending:g}",
        "free": error(free, problem),
        "tuned": error(tuned, problem),
        "free_train": misfit / float(np.mean(problem.test[1] ** 2)),
    }


def error(model: Any, problem: Problem) -> float:
    """Mean squared test error in units of the test variance about the training mean."""
    points, values = problem.test
    squared = (np.reshape(model.predict(points), values.shape) - values) ** 2
    return float(np.mean(squared)) / float(np.mean(values**2))


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
