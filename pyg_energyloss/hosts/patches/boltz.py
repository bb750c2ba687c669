"""Boltz: the energy in place of its aligned squared error, on padded samples of a target.

Rebinds ``AtomDiffusion.compute_loss`` of ``boltz.model.modules.diffusion`` (Boltz-1) and
``.diffusionv2`` (Boltz-2). The smooth lDDT term stays Boltz's own; ``add_smooth_lddt_loss: false``
in its configuration takes it away.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional import from_padded
from pyg_energyloss.hosts.context import MissingContextError, batch_context
from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.patches.predicts import only

MODULES = ("boltz.model.modules.diffusion", "boltz.model.modules.diffusionv2")

#: What the loss is worked out from: Boltz's features, and what its diffusion module returns.
FEATURES = ("atom_resolved_mask", "atom_to_token", "mol_type")
OUTPUTS = ("denoised_atom_coords", "aligned_true_atom_coords", "sigmas")


def patch_boltz(loss: FlatLoss, modules: Any = None) -> list[str]:
    """Rebind the losses of Boltz's diffusion modules.

    Args:
        loss: gives one value per graph; Boltz's denoiser predicts positions, parametrization "x0".
        modules: Boltz's modules; those that are installed if not given.

    Returns:
        What was rebound, for the log.

    Raises:
        ImportError: Boltz is not on the path.
        ValueError: the loss takes Boltz's predictions for something else than positions.
    """
    only(loss, "Boltz", "positions", "x0")
    if modules is None:
        try:
            modules = [importlib.import_module(name) for name in MODULES]
        except ImportError as error:
            raise ImportError(
                f"`{error.name}` cannot be imported: {error}; run this where Boltz is installed, "
                "or with the `src` of its checkout on PYTHONPATH"
            ) from error
    found = []
    for module in modules:
        _rebind(module, loss)
        name = f"{module.__name__}.AtomDiffusion.compute_loss"
        found.append(f"{name}: aligned squared error -> {loss}")
    return found


def _rebind(module: Any, loss: FlatLoss) -> None:
    owner, theirs = module.AtomDiffusion, module.AtomDiffusion.compute_loss
    kinds = module.const.chain_type_ids

    def compute_loss(  # noqa: PLR0917 - Boltz's signature
        self: Any,
        feats: Any,
        out_dict: Any,
        add_smooth_lddt_loss: bool = True,
        nucleotide_loss_weight: float = 5.0,
        ligand_loss_weight: float = 10.0,
        multiplicity: int = 1,
        **more: Any,
    ) -> Any:
        found = theirs(
            self,
            feats,
            out_dict,
            add_smooth_lddt_loss=add_smooth_lddt_loss,
            nucleotide_loss_weight=nucleotide_loss_weight,
            ligand_loss_weight=ligand_loss_weight,
            multiplicity=multiplicity,
            **more,
        )
        if not torch.is_grad_enabled():
            return found
        extra = {"nucleotide": nucleotide_loss_weight, "ligand": ligand_loss_weight}
        try:
            weight = atom_weights(feats, kinds, **extra)
            if (least := more.get("filter_by_plddt", 0.0)) > 0:
                weight = weight * (feats["plddt"] > least)
            values = sampled_loss(loss, out_dict, weight, multiplicity)
            energy = (values * self.loss_weight(out_dict["sigmas"].to(values))).mean()
        except (KeyError, TypeError, ValueError) as error:
            # Boltz skips a batch whose loss raises an Exception, and would go on without us.
            raise SystemExit(f"energyloss: {error}") from error
        parts = {**found["loss_breakdown"], "mse_loss": energy}
        return {**found, "loss": energy + parts["smooth_lddt_loss"], "loss_breakdown": parts}

    owner.compute_loss = compute_loss


def sampled_loss(loss: FlatLoss, out: Any, weight: Tensor, multiplicity: int) -> Tensor:
    """Return the loss of each sample [num_targets * multiplicity].

    Args:
        loss: gives one value per graph.
        out: has positions of `OUTPUTS`, padded [num_targets * multiplicity, num_atoms, 3], the
            samples of a target next to each other.
        weight: of each atom of a target [num_targets, num_atoms]; 0 where none is seen.
        multiplicity: samples of each target.

    Raises:
        MissingContextError: an output is missing.
    """
    for name in OUTPUTS:
        if name not in out:
            raise MissingContextError(f"Boltz's outputs have no {name!r}, but {', '.join(out)}")
    weight = weight.repeat_interleave(multiplicity, 0)
    seen = weight > 0
    wide = torch.promote_types(out["denoised_atom_coords"].dtype, torch.float32)
    (pred, batch), (true, _), (flat, _) = (
        from_padded(x, seen)
        for x in (
            out["denoised_atom_coords"].to(wide),
            out["aligned_true_atom_coords"].to(wide),
            weight[..., None].to(wide),
        )
    )
    with batch_context(batch=batch, num_graphs=len(weight), pos_weight=flat[:, 0]):
        values: Tensor = loss(pred, true)
    return values


def atom_weights(feats: Any, kinds: Any, *, nucleotide: float, ligand: float) -> Tensor:
    """Return Boltz's weight of each atom [num_targets, num_atoms], 0 where it was not resolved.

    Args:
        feats: Boltz's features, `FEATURES` among them.
        kinds: number of each kind of chain, "DNA", "RNA" and "NONPOLYMER".
        nucleotide: what is added to 1 for nucleotides.
        ligand: what is added to 1 for ligands.

    Raises:
        MissingContextError: a feature is missing.
    """
    for name in FEATURES:
        if name not in feats:
            raise MissingContextError(f"Boltz's features have no {name!r}, but {', '.join(feats)}")
    token = feats["atom_to_token"].float() @ feats["mol_type"].unsqueeze(-1).float()
    kind = token.squeeze(-1).long()
    nucleic = (kind == kinds["DNA"]) | (kind == kinds["RNA"])
    weight = 1.0 + nucleotide * nucleic.float() + ligand * (kind == kinds["NONPOLYMER"]).float()
    found: Tensor = weight * feats["atom_resolved_mask"]
    return found
