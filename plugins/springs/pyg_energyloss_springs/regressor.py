"""Springs and sticks as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from pyg_energyloss_springs.grid import make_grids
from pyg_energyloss_springs.mechanics.energy import quadratic_energy
from pyg_energyloss_springs.mechanics.langevin import Langevin
from pyg_energyloss_springs.mechanics.minibatch import minibatch_force
from pyg_energyloss_springs.mechanics.minimum import minimum
from pyg_energyloss_springs.mechanics.state import State
from pyg_energyloss_springs.module import Relaxation, SpringsAndSticks


class SpringsAndSticksRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc] # sklearn has no types
    """Fit a piecewise multilinear function by letting springs pull sticks to the data.

    At temperature zero the fit is the minimum of the elastic energy: the least-squares spline, or
    with ``bending`` a P-spline. Above zero the sticks are stopped in the midst of their thermal
    motion, and predict from there.

    Args:
        n_sticks: sticks along each feature, one number or one per feature.
        group_size: features per grid; the prediction is the sum over the grids.
        groups: the features of each grid, instead of neighbours in order.
        bending: stiffness of the hinges relative to that of a spring to the data.
        anchor: stiffness that holds every node at the mean target; small, it decides what is left
            open by data and hinges.
        temperature: k_B T in units of a spring's stiffness times target^2.
        friction: 1/time, above temperature zero; a stick's mass is one.
        num_steps: of Langevin dynamics, above temperature zero.
        batch_size: data springs in each step of the dynamics; all if None.
        relaxation: way to the minimum; the direct solution if None.
        random_state: seed of the thermal motion.

    Attributes:
        module_: the fitted `SpringsAndSticks`.
        n_features_in_: features seen in `fit`.

    >>> import numpy as np
    >>> X = np.linspace(0, 1, 9)[:, None]
    >>> model = SpringsAndSticksRegressor(n_sticks=2, bending=0.0).fit(X, np.abs(X[:, 0] - 0.5))
    >>> model.predict([[0.25], [0.5], [1.0]]).round(6).tolist()
    [0.25, 0.0, 0.5]

    Source: arXiv 2508.19015.
    """

    def __init__(
        self,
        n_sticks: int | Sequence[int] = 8,
        *,
        group_size: int = 2,
        groups: Sequence[Sequence[int]] | None = None,
        bending: float = 0.01,
        anchor: float = 1e-8,
        temperature: float = 0.0,
        friction: float = 1.0,
        num_steps: int = 2000,
        batch_size: int | None = None,
        relaxation: Relaxation | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_sticks = n_sticks
        self.group_size = group_size
        self.groups = groups
        self.bending = bending
        self.anchor = anchor
        self.temperature = temperature
        self.friction = friction
        self.num_steps = num_steps
        self.batch_size = batch_size
        self.relaxation = relaxation
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 - scikit-learn's name
        """Attach springs to the data and let the sticks relax.

        Args:
            X: inputs [num_points, num_features].
            y: targets [num_points] or [num_points, num_outputs].

        Returns:
            The estimator.

        Raises:
            ValueError: the data are not finite numbers of matching shapes.
        """
        inputs, targets = validate_data(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True
        )
        values = torch.tensor(np.asarray(targets, dtype=np.float64))
        self._is_flat = values.ndim == 1
        values = values.reshape(len(values), -1)
        low, high = inputs.min(axis=0), inputs.max(axis=0)
        # A feature that does not vary still needs an axis of some extent, also in floating point.
        narrow = high - low <= 1e-12 * np.maximum(1.0, np.maximum(abs(low), abs(high)))
        width = np.where(narrow, np.maximum(1.0, abs(low)), 0.0)
        grids = make_grids(
            low - width / 2,
            high + width / 2,
            sticks=self.n_sticks,
            group_size=self.group_size,
            groups=self.groups,
        )
        model = SpringsAndSticks(
            grids, num_outputs=values.size(1), bending=self.bending, anchor=self.anchor
        ).double()
        # All heights are measured from the mean of the targets.
        self._mean = values.mean(dim=0)
        points, values = torch.tensor(inputs), values - self._mean
        model.relax(points, values, method=self.relaxation or minimum)
        if self.temperature > 0:
            self._warm(model, points, values)
        self.module_ = model
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803 - scikit-learn's name
        """Return the heights of the sticks [num_points] or [num_points, num_outputs]."""
        check_is_fitted(self, "module_")
        inputs = validate_data(self, X, dtype=np.float64, reset=False)
        with torch.no_grad():
            found = self.module_(torch.tensor(inputs)) + self._mean
        return np.asarray(found[:, 0] if self._is_flat else found)

    def _warm(self, model: SpringsAndSticks, points: torch.Tensor, values: torch.Tensor) -> None:
        generator = torch.Generator().manual_seed(self.random_state)
        data, own = model.data_springs(points, values), model.own_springs()
        force = None
        if self.batch_size is not None:
            force = minibatch_force(
                data, own, batch_size=min(self.batch_size, len(points)), generator=generator
            )
        motion = Langevin(
            quadratic_energy(data + own),
            model.mass_matrix(),
            friction=self.friction,
            temperature=self.temperature,
            force=force,
            generator=generator,
        )
        start = model.heights.detach()
        state = motion.run(State(start, torch.zeros_like(start)), self.num_steps)
        with torch.no_grad():
            model.heights.copy_(state.heights)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several outputs are fine."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
