"""EDM (e3_diffusion_for_molecules) and what was built on it: the energy in place of its L2 error.

Rebinds two methods of ``equivariant_diffusion.en_diffusion.EnVariationalDiffusion``: ``phi``, to
see x_t and the mask, and ``compute_error``, whose coordinate part becomes the energy while training
with the L2 loss. Likelihoods in evaluation and the part on atom types stay EDM's own.
"""
# ruff: noqa: PLR0917 - the rebound methods have EDM's signatures

from __future__ import annotations

import importlib
from typing import Any

from torch import Tensor

from pyg_energyloss.functional import from_padded
from pyg_energyloss.hosts.context import MissingContextError, batch_context
from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.patches.predicts import only

MODULE = "equivariant_diffusion.en_diffusion"


def patch_edm(loss: FlatLoss, module: Any = None) -> list[str]:
    """Rebind EDM's methods.

    Args:
        loss: gives one value per graph; ``parametrization`` should be "epsilon", as EDM predicts.
        module: EDM's module; imported from the working directory's checkout if not given.

    Returns:
        What was rebound, for the log.

    Raises:
        ImportError: there is no EDM checkout in the working directory.
        ValueError: the loss takes EDM's predictions for something else than noise.
    """
    only(loss, "EDM", "noise", "epsilon")
    if module is None:
        try:
            module = importlib.import_module(MODULE)
        except ImportError as error:
            raise ImportError(
                f"`{MODULE}` cannot be imported: {error}; run this in the root of a checkout of "
                "e3_diffusion_for_molecules, with its requirements installed"
            ) from error
    owner = module.EnVariationalDiffusion
    phi, compute_error = owner.phi, owner.compute_error

    def recording_phi(
        self: Any, x: Tensor, t: Tensor, node_mask: Tensor, edge_mask: Tensor, context: Any
    ) -> Any:
        self._energyloss_state = (x, node_mask)
        return phi(self, x, t, node_mask, edge_mask, context)

    def energy_error(self: Any, net_out: Tensor, gamma_t: Tensor, eps: Tensor) -> Tensor:
        if not (self.training and self.loss_type == "l2"):
            theirs: Tensor = compute_error(self, net_out, gamma_t, eps)
            return theirs
        # EDM asks twice in a step: for x_t, and for the coordinates alone in the term at t = 0.
        state = self.__dict__.get("_energyloss_state")
        if state is None:
            raise MissingContextError(
                "EDM computed an error before its network ran, so that nothing says which atom "
                "belongs to which molecule"
            )
        return _error(self, loss, state, net_out, gamma_t, eps)

    owner.phi, owner.compute_error = recording_phi, energy_error
    name = f"{MODULE}.EnVariationalDiffusion"
    return [f"{name}.phi: records x_t and the mask", f"{name}.compute_error: L2 -> {loss}"]


def _error(
    model: Any,
    loss: FlatLoss,
    state: tuple[Tensor, Tensor],
    net_out: Tensor,
    gamma: Tensor,
    eps: Tensor,
) -> Tensor:
    """EDM's error per molecule [batch_size] with the energy in place of the coordinates' part."""
    z_t, mask = state
    dim = model.n_dims
    # EDM divides positions by a number before it adds noise; lengths in a stiffness are in Å.
    scale = float(model.norm_values[0])
    alpha, sigma = model.alpha(gamma, net_out), model.sigma(gamma, net_out)
    (x_t, batch), (pred, _), (true, _) = (
        from_padded(padded[..., :dim], mask) for padded in (z_t, net_out, eps)
    )
    fields = {"x_t": scale * x_t, "alpha": alpha.reshape(-1), "sigma": sigma.reshape(-1)}
    with batch_context(batch=batch, num_graphs=len(z_t), **fields):
        energy = loss(scale * pred, scale * true)
    features = (eps[..., dim:] - net_out[..., dim:]).square()
    # The divisor of EDM's own L2 loss, so that the part on atom types weighs as before.
    divisor = (dim + model.in_node_nf) * eps.shape[1]
    error: Tensor = energy + features.reshape(len(features), -1).sum(dim=1) / divisor
    return error
