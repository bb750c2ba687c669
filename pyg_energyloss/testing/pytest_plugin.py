"""The pytest plugin: fixtures that bring the contract checks to third-party test suites.

It is loaded in every pytest run of an environment that has this package, so it imports nothing
until a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def energyloss_contract() -> Callable[..., None]:
    """`pyg_energyloss.testing.assert_loss_contract`: call it with a loss."""
    from pyg_energyloss.testing.contract import assert_loss_contract

    return assert_loss_contract


@pytest.fixture
def energyloss_batch() -> tuple[Any, Any]:
    """Predicted positions and a PyG batch of molecules of mixed size, float64."""
    from pyg_energyloss.testing.contract import contract_batch

    return contract_batch()
