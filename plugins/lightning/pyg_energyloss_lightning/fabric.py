"""The Fabric callback: swaps losses when a module is set up; a forward pass names the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyg_energyloss.hosts import HostAdapter, HostSettings, settings_of


class FabricEnergyLoss:
    """Swap loss attributes of modules that Fabric sets up.

    Fabric has no loop of its own: the batch is what the module is called with, from the call until
    the optimizer's step.

    Args:
        swap: attribute -> loss name, or the arguments of `pyg_energyloss.hosts.FlatLoss`.
        fields: field of the context -> path in the module's argument (several arguments are a
            tuple, ``"0.batch"``), ``"self.path"`` in the module, or ``"in:SUBMODULE:ARGUMENT"``.
        settings: the same two, already read.
        problem: an error in the settings, raised when a module is set up.

    Raises:
        ValueError: an unknown field, or arguments beside ``settings``.
    """

    def __init__(
        self,
        swap: Mapping[str, Any] | None = None,
        fields: Mapping[str, str | float] | None = None,
        *,
        settings: HostSettings | None = None,
        problem: Exception | None = None,
    ) -> None:
        if settings is not None and (swap or fields):
            raise ValueError("give `swap` and `fields`, or `settings`, not both")
        self.settings = settings or settings_of(swap, fields)
        self.problem = problem
        self.adapters: list[HostAdapter] = []

    def on_after_setup(self, fabric: Any, module: Any) -> None:  # noqa: ARG002 - Fabric's signature
        """Swap the losses of a module."""
        if self.problem is not None:
            raise self.problem
        inner = getattr(module, "module", module)
        adapter = HostAdapter(self.settings)
        adapter.attach(inner)

        def enter(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            given = (*args, *kwargs.values())
            adapter.enter(given[0] if len(given) == 1 else given)

        inner.register_forward_pre_hook(enter, with_kwargs=True)
        self.adapters.append(adapter)

    def on_after_optimizer_step(self, **_: Any) -> None:
        """Say that the batch is done."""
        for adapter in self.adapters:
            adapter.trained()
            adapter.leave()
