"""Terms from RDKit and from data: their atoms, their hands, their force fields."""

import math

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import losses, registry, testing
from pyg_energyloss.potentials import Periodic
from pyg_energyloss.restraints import (
    Kind,
    Restraints,
    from_data,
    from_rdkit,
    restraint_energy,
    term_values,
    violations,
)
from pyg_energyloss.restraints.violated import hand_is_right
from pyg_energyloss.symmetry import StereoGraph, refined_colors, stereo_tags
from pyg_energyloss.transforms import RestraintTransform

Chem = pytest.importorskip("rdkit.Chem")
fields = pytest.importorskip("rdkit.Chem.rdForceFieldHelpers")

SMILES = [
    "C[C@H](N)C(=O)O",
    "C[C@@H](N)C(=O)O",
    "C/C=C/C",
    "C/C=C\\C",
    "C[S@](=O)CC",
    "C1C[C@@H]2C[C@H]1O2",
    "O[C@H]1CC[C@@H](C)CC1",
    "c1ccc2[nH]ccc2c1",
    "F[C@](Cl)(Br)C(=O)/C=C/c1ccccc1",
    "CC(=O)N[C@@H](Cc1ccccc1)C(N)=O",
]


def embedded(smiles, seed=1):
    from rdkit.Chem import rdDistGeom

    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert rdDistGeom.EmbedMolecule(mol, randomSeed=seed) == 0
    return mol, torch.from_numpy(mol.GetConformer().GetPositions())


@pytest.mark.parametrize("smiles", SMILES)
def test_embedded_structures_break_nothing_and_mirror_images_all_centres(smiles):
    mol, pos = embedded(smiles)
    terms = from_rdkit(mol)
    assert violations(pos, terms) == []
    centres = terms.select(["chirality"]).index[0].tolist()
    found = violations(-pos, terms)
    assert {v.atoms[0] for v in found if v.kind == "chirality"} == set(centres)


@pytest.mark.parametrize("smiles", [s for s in SMILES if "/" in s])
def test_the_other_isomer_is_named_as_a_twisted_double_bond(smiles):
    terms = from_rdkit(embedded(smiles)[0])
    other = smiles.replace("/C=C/", "/C=C\\") if "/C=C/" in smiles else "C/C=C/C"
    assert "double_bond" in {v.kind for v in violations(embedded(other)[1], terms)}


def test_tags_that_are_missing_are_read_from_the_conformer():
    mol, pos = embedded("CC(F)Cl")
    plain = Chem.MolFromSmiles("CC(F)Cl")
    assert len(from_rdkit(plain).select(["chirality"])) == 0
    terms = from_rdkit(mol).select(["chirality"])
    assert len(terms) == 1
    assert hand_is_right(term_values(pos, terms), terms).all()


@pytest.mark.parametrize("smiles", ["CCO", "C/C=C/C", "CC(=O)Nc1ccccc1", "C[C@H](N)C(=O)O"])
def test_torsions_are_the_fourier_terms_of_mmff(smiles):
    mol, pos = embedded(smiles)
    properties = fields.MMFFGetMoleculeProperties(mol)
    for name in ("Bond", "Angle", "StretchBend", "Oop", "VdW", "Ele"):
        getattr(properties, f"SetMMFF{name}Term")(False)
    field = fields.MMFFGetMoleculeForceField(mol, properties)
    data = Data(pos=pos, edge_index=bonds_of(mol))
    chains = from_data(data, kinds=["torsion"]).index[:4].t().tolist()
    mine = torch.zeros(1).double()
    at = pos.clone().requires_grad_()
    for chain in chains:
        found = properties.GetMMFFTorsionParams(mol, *chain)
        # V/2 (1 ± cos m φ) is V m²/2 times the periodic potential about 0 or π/m.
        for m, strength in enumerate(found[1:] if found else (), start=1):
            phase = math.pi / m if m % 2 else 0.0
            weight = 0.5 * m**2 * strength
            term = Restraints.of("torsion", [chain], [(phase, phase)], weight=weight)
            mine = mine + restraint_energy(at, term, potential=Periodic(m))
    assert mine.item() == pytest.approx(field.CalcEnergy(), abs=2e-4)
    (gradient,) = torch.autograd.grad(mine.sum(), at)
    np.testing.assert_allclose(gradient.numpy().ravel(), field.CalcGrad(), atol=2e-3)


@pytest.mark.parametrize("smiles", ["CC(=O)Nc1ccccc1", "C/C=C/C(=O)O"])
def test_impropers_are_the_out_of_plane_terms_of_mmff(smiles):
    mol, pos = embedded(smiles)
    properties = fields.MMFFGetMoleculeProperties(mol)
    for name in ("Bond", "Angle", "StretchBend", "Torsion", "VdW", "Ele"):
        getattr(properties, f"SetMMFF{name}Term")(False)
    field = fields.MMFFGetMoleculeForceField(mol, properties)
    terms = []
    for atom in mol.GetAtoms():
        around = [a.GetIdx() for a in atom.GetNeighbors()]
        if len(around) != 3:
            continue
        for out in range(3):
            a, b, c = around[out - 2], around[out - 1], around[out]
            k = properties.GetMMFFOopBendParams(mol, a, atom.GetIdx(), b, c)
            if k:
                # 143.9325 kcal/mol per mdyn Å, as MMFF94 rounds it, for angles in rad.
                weight = 143.9325 * k
                four = [atom.GetIdx(), a, b, c]
                terms.append(Restraints.of("planarity", [four], [(0.0, 0.0)], weight=weight))
    at = pos.clone().requires_grad_()
    energy = restraint_energy(at, Restraints.cat(terms))
    assert energy.item() == pytest.approx(field.CalcEnergy(), rel=1e-4)
    (gradient,) = torch.autograd.grad(energy.sum(), at)
    np.testing.assert_allclose(gradient.numpy().ravel(), field.CalcGrad(), atol=2e-3)


def test_flat_bottoms_are_the_constraints_of_rdkits_force_fields():
    mol, pos = embedded("CC(=O)Nc1ccccc1")
    field = fields.UFFGetMoleculeForceField(mol)
    before, at_rest = field.CalcEnergy(), np.array(field.CalcGrad())
    field.UFFAddDistanceConstraint(0, 5, False, 1.0, 2.0, 3.0)
    field.UFFAddAngleConstraint(0, 1, 3, False, 100.0, 110.0, 2.0 * math.radians(1) ** 2)
    field.Initialize()
    angle = Restraints.of("angle", [(0, 1, 3)], [(math.radians(100), math.radians(110))])
    bond = Restraints.of("bond", [(0, 5)], [(1.0, 2.0)])
    # RDKit's distance constraint is k/2 (d - d0)², its angle constraint k (θ - θ0)² in degrees.
    weights = (3.0, 4.0)
    at = pos.clone().requires_grad_()
    energy = sum(
        weight * restraint_energy(at, term).sum()
        for weight, term in zip(weights, (bond, angle), strict=True)
    )
    assert energy.item() == pytest.approx(field.CalcEnergy() - before, rel=1e-3)
    (gradient,) = torch.autograd.grad(energy, at)
    np.testing.assert_allclose(
        gradient.numpy().ravel(), np.array(field.CalcGrad()) - at_rest, rtol=2e-3, atol=2e-3
    )


def bonds_of(mol):
    pairs = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds()]
    return torch.tensor(pairs + [pair[::-1] for pair in pairs]).t()


def test_from_data_makes_targets_of_the_true_structure_and_a_slack_a_flat_bottom():
    item = registry.create("dataset", "qm9_small")["train"][5]
    terms = from_data(item)
    assert restraint_energy(item.pos, terms).item() == pytest.approx(0.0, abs=1e-8)
    wide = from_data(item, slack={"bond": 0.1, "angle": 0.2})
    width = (wide.bounds[:, 1] - wide.bounds[:, 0])[wide.kind == Kind.BOND]
    torch.testing.assert_close(width, torch.full_like(width, 0.2))
    moved = item.pos + 0.05 * torch.randn(
        item.pos.shape, generator=torch.Generator().manual_seed(1)
    )
    assert restraint_energy(moved, wide) < restraint_energy(moved, terms)


def test_from_data_says_what_is_missing():
    with pytest.raises(ValueError, match="bonds `edge_index`, got Data with pos"):
        from_data(Data(pos=torch.zeros(2, 3)))
    with pytest.raises(ValueError, match="got Tensor"):
        from_data(torch.zeros(2, 3))


def test_the_transform_stores_terms_that_batch_as_an_index():
    train = registry.create("dataset", "qm9_small")["train"]
    items = [RestraintTransform()(train[i].clone()) for i in range(3)]
    batch = Batch.from_data_list(items)
    assert batch.restraint_index.size(0) == 5
    loss = losses.RestraintLoss(reduction="none")
    moved = batch.pos * 1.1
    alone = [loss(item.pos * 1.1, item) for item in items]
    bare = Batch.from_data_list([train[i] for i in range(3)])
    torch.testing.assert_close(loss(moved, bare), loss(moved, batch))
    torch.testing.assert_close(loss(moved, batch), torch.cat(alone))
    assert loss(batch.pos, batch).abs().max() < 1e-8


def test_a_masked_atom_is_one_whose_terms_are_not_there():
    item = RestraintTransform()(registry.create("dataset", "qm9_small")["train"][3].clone())
    terms = Restraints.stored_in(item)
    without = terms.where((terms.index != 0).all(dim=0))
    masked = item.clone()
    masked.pos_mask = torch.arange(len(item.pos)) > 0
    pos = (item.pos * 1.2).index_fill(0, torch.tensor([0]), math.nan).requires_grad_()
    value = losses.RestraintLoss()(pos, masked)
    expected = losses.RestraintLoss(without)(item.pos * 1.2, item)
    torch.testing.assert_close(value, expected)
    (gradient,) = torch.autograd.grad(value, pos)
    assert gradient.isfinite().all()


def test_the_loss_keeps_the_contract_of_losses():
    testing.assert_loss_contract(losses.RestraintLoss())


def test_the_loss_without_bonds_and_the_transform_with_too_many_options_say_so():
    with pytest.raises(ValueError, match="bonds `edge_index`"):
        losses.RestraintLoss()(torch.zeros(2, 3), Data(pos=torch.zeros(2, 3)))
    with pytest.raises(TypeError, match="slack"):
        RestraintTransform(from_data, slack=0.1)


def test_keys_of_colour_refinement_do_not_depend_on_the_numbering():
    item = registry.create("dataset", "druglike")["train"][0]
    once = item.edge_index[0] < item.edge_index[1]
    bonds, z = item.edge_index[:, once].t().numpy(), item.z.numpy()
    keys = refined_colors(bonds, z)
    order = np.random.default_rng(0).permutation(len(z))
    place = np.argsort(order)
    assert (refined_colors(place[bonds], z[order]) == keys[order]).all()


@pytest.mark.parametrize("smiles", SMILES)
def test_centres_of_the_graph_are_those_of_rdkit_but_for_rings_and_lone_pairs(smiles):
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    bonds = bonds_of(mol)[:, : mol.GetNumBonds()].t().numpy()
    graph = StereoGraph(bonds, np.array([a.GetAtomicNum() for a in mol.GetAtoms()]))
    found = {centre[0] for centre in graph.centres}
    tagged = {a.GetIdx() for a in mol.GetAtoms() if a.GetChiralTag() != Chem.CHI_UNSPECIFIED}
    assert found <= tagged
    if "S" not in smiles and smiles != "O[C@H]1CC[C@@H](C)CC1":
        assert found == tagged


def test_stereo_tags_tell_mirror_images_and_isomers_apart():
    for one, other in (("C[C@H](F)Cl", "C[C@@H](F)Cl"), ("F/C=C/F", "F/C=C\\F")):
        tags = []
        for smiles in (one, other):
            mol, pos = embedded(smiles)
            pairs = np.stack(np.nonzero(np.ones((len(pos), len(pos)))))
            kinds = np.array([b.GetBondTypeAsDouble() for b in mol.GetBonds()]).astype(np.int64)
            bonds = bonds_of(mol)[:, : mol.GetNumBonds()].t().numpy()
            graph = StereoGraph(bonds, np.array([a.GetAtomicNum() for a in mol.GetAtoms()]), kinds)
            tags.append(stereo_tags(pairs, pos.numpy(), graph))
        assert (tags[0] != tags[1]).any()
        assert (tags[0] > 0).any()


def test_a_tag_tells_every_neighbour_of_a_centre_its_place_and_those_of_the_others():
    """Bonds carry places both ways, and neighbours of one centre know each other's in one hop."""
    pos = torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    bonds = np.array([[0, 1], [0, 2], [0, 3], [0, 4]])
    graph = StereoGraph(bonds, np.array([6, 35, 17, 9, 1]))
    pairs = np.stack(np.nonzero(~np.eye(5, dtype=bool)))
    tags = dict(
        zip(map(tuple, pairs.T.tolist()), stereo_tags(pairs, pos.numpy(), graph), strict=True)
    )
    places = {atom: int(tags[atom, 0]) for atom in range(1, 5)}
    assert sorted(places.values()) == [1, 2, 3, 4]
    for atom, place in places.items():
        assert tags[0, atom] == 5 * place
        for other, its_place in places.items():
            if other != atom:
                assert tags[atom, other] == 22 + 4 * place + its_place
    mirrored = stereo_tags(pairs, -pos.numpy(), graph)
    swapped = {1: 1, 2: 2, 3: 4, 4: 3}
    expected = [swapped[places[j]] * 5 if i == 0 else None for i, j in pairs.T.tolist()]
    assert [int(t) for t, e in zip(mirrored, expected, strict=True) if e] == list(
        filter(None, expected)
    )
