"""Boltz: its loss on padded samples, on a stand-in with the calls of the original."""

import types

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.cli import main
from pyg_energyloss.functional import kabsch_mse
from pyg_energyloss.hosts import FlatLoss, MissingContextError
from pyg_energyloss.hosts.patches import patch_boltz
from pyg_energyloss.hosts.patches.boltz import atom_weights, sampled_loss

KINDS = {"PROTEIN": 0, "DNA": 1, "RNA": 2, "NONPOLYMER": 3}
SAMPLES = 2


def boltz_module():
    """The part of Boltz's class that the loss goes through."""

    class AtomDiffusion(torch.nn.Module):
        def loss_weight(self, sigma):
            return 1 + sigma

        def compute_loss(  # noqa: PLR0917 - Boltz's signature
            self,
            feats,
            out_dict,
            add_smooth_lddt_loss=True,
            nucleotide_loss_weight=5.0,
            ligand_loss_weight=10.0,
            multiplicity=1,
            filter_by_plddt=0.0,
        ):
            parts = {"mse_loss": torch.tensor(100.0), "smooth_lddt_loss": torch.tensor(0.5)}
            return {"loss": sum(parts.values()), "loss_breakdown": parts}

    const = types.SimpleNamespace(chain_type_ids=KINDS)
    return types.SimpleNamespace(AtomDiffusion=AtomDiffusion, const=const, __name__="diffusion")


@pytest.fixture
def state():
    """Two targets of two tokens and five atoms, padded to six; two samples of each."""
    generator = torch.Generator().manual_seed(0)
    feats = {
        "atom_resolved_mask": torch.tensor([[1, 1, 0, 1, 1, 0], [1, 1, 1, 1, 0, 0]]).double(),
        "atom_to_token": torch.eye(2)[[0, 0, 0, 1, 1, 1]].repeat(2, 1, 1),
        "mol_type": torch.tensor([[KINDS["PROTEIN"], KINDS["NONPOLYMER"]], [KINDS["DNA"]] * 2]),
        "plddt": torch.tensor([[90.0] * 6, [90.0, 20.0] + [90.0] * 4]),
    }
    true = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
    true = true.repeat_interleave(SAMPLES, 0)
    pred = true + 0.3 * torch.randn(4, 6, 3, generator=generator, dtype=torch.float64)
    out = {
        "denoised_atom_coords": pred.requires_grad_(),
        "aligned_true_atom_coords": true,
        "sigmas": torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64),
    }
    return feats, out


def patched(**options):
    module = boltz_module()
    said = patch_boltz(FlatLoss(**options, reduction="none"), [module])
    assert said[0].startswith("diffusion.AtomDiffusion.compute_loss")
    return module.AtomDiffusion()


def flat(out, row, weight):
    seen = weight > 0
    data = Data(pos=out["aligned_true_atom_coords"][row][seen], pos_weight=weight[seen])
    return out["denoised_atom_coords"][row][seen], Batch.from_data_list([data])


def test_its_weights_are_those_of_atoms_and_none_where_nothing_was_resolved(state):
    found = atom_weights(state[0], KINDS, nucleotide=5.0, ligand=10.0)
    assert found.tolist() == [[1, 1, 0, 11, 11, 0], [6, 6, 6, 6, 0, 0]]


def test_each_sample_is_scored_against_its_own_target_and_weighed_by_its_noise(state):
    feats, out = state
    found = patched().compute_loss(feats, out, multiplicity=SAMPLES)
    weight = atom_weights(feats, KINDS, nucleotide=5.0, ligand=10.0)
    expected = [
        PairEnergyLoss()(*flat(out, row, weight[row // SAMPLES])) * (1 + out["sigmas"][row])
        for row in range(4)
    ]
    expected = torch.stack(expected).mean()
    assert torch.allclose(found["loss_breakdown"]["mse_loss"], expected)
    assert torch.allclose(found["loss"], expected + 0.5)
    found["loss"].backward()
    unseen = (weight == 0).repeat_interleave(SAMPLES, 0)
    gradient = out["denoised_atom_coords"].grad
    assert not gradient[unseen].any()
    assert gradient[~unseen].abs().sum(dim=1).min() > 0


def test_its_own_aligned_error_is_the_kabsch_loss_with_the_same_weights(state):
    feats, out = state
    weight = atom_weights(feats, KINDS, nucleotide=5.0, ligand=10.0)
    found = sampled_loss(FlatLoss("kabsch", reduction="none"), out, weight, SAMPLES)
    pred, data = flat(out, 3, weight[1])
    assert torch.allclose(found[3], kabsch_mse(pred, data.pos, node_weight=data.pos_weight)[0])


def test_options_of_its_configuration_reach_the_weights(state):
    feats, out = state
    model = patched()
    plain = model.compute_loss(feats, out, True, 0.0, 0.0, SAMPLES)["loss"]
    assert plain != model.compute_loss(feats, out, True, 5.0, 10.0, SAMPLES)["loss"]
    sure = model.compute_loss(feats, out, True, 0.0, 0.0, SAMPLES, filter_by_plddt=50.0)["loss"]
    feats["atom_resolved_mask"][1, 1] = 0.0
    assert torch.allclose(sure, model.compute_loss(feats, out, True, 0.0, 0.0, SAMPLES)["loss"])


def test_without_gradient_it_is_boltzs_own(state):
    feats, out = state
    with torch.no_grad():
        assert patched().compute_loss(feats, out, multiplicity=SAMPLES)["loss"] == 100.5


@pytest.mark.parametrize("missing", ["mol_type", "atom_resolved_mask"])
def test_a_missing_feature_ends_the_run_which_boltz_itself_would_go_on_with(state, missing):
    feats, out = state
    del feats[missing]
    with pytest.raises(SystemExit, match=f"features have no '{missing}'"):
        patched().compute_loss(feats, out, multiplicity=SAMPLES)


def test_a_missing_output_says_which(state):
    feats, out = state
    weight = atom_weights(feats, KINDS, nucleotide=5.0, ligand=10.0)
    del out["aligned_true_atom_coords"]
    with pytest.raises(MissingContextError, match="no 'aligned_true_atom_coords', but denoised"):
        sampled_loss(FlatLoss(reduction="none"), out, weight, SAMPLES)


def test_what_is_no_loss_of_positions_is_refused_at_start():
    with pytest.raises(ValueError, match=r"`parametrization` must be 'x0' for Boltz"):
        patched(parametrization="epsilon")


def test_without_boltz_the_error_says_where_to_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("")
    assert main(["run", "--host", "boltz", "--", "train.py"]) == 1
    assert "run this where Boltz is installed" in capsys.readouterr().err
