"""Studies of proteins on the engine: inputs, runs, the command."""

import json

import pytest
import torch

pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss import registry
from pyg_energyloss.cli import main
from pyg_energyloss.cli.proteins import COMMAND
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.data.proteins import proteins_small
from pyg_energyloss.experiments.document import make_document
from pyg_energyloss.experiments.proteins.experiment import ProteinExperiment
from pyg_energyloss.experiments.proteins.spec import ProteinSpec
from pyg_energyloss.experiments.proteins.tasks import DenoiseProteins, nearest
from pyg_energyloss.experiments.study import run_one

SMALL = {"atoms": "backbone", "length": 6, "stride": 12}


def spec(**changes):
    values = {
        "seed": 0,
        "steps": 2,
        "batch_size": 2,
        "learning_rate": 1e-2,
        "dataset": "proteins_small",
        "dataset_options": SMALL,
        "model": "vector_gnn",
        "loss": "energy",
        "levels": (0.5,),
        "eval_graphs": 2,
        "model_options": {"channels": 4, "layers": 1},
        "evaluators": {"distances": {}, "clashes": {}},
    }
    return ProteinSpec(**{**values, **changes})


def batch(count=3):
    return assemble(proteins_small(**SMALL)["test"], torch.arange(count))


def noised(count=3, **options):
    task = DenoiseProteins((0.5,), **options)
    return task.prepare(batch(count), torch.Generator().manual_seed(0), level=0.5)


def test_atoms_hear_of_their_nearest_in_the_noised_copy():
    made, plain = noised(neighbours=5), batch()
    known = plain.hop_index.shape[1]
    new = made.hop_index[:, known:]
    assert torch.equal(made.hop_index[:, :known], plain.hop_index)
    assert (made.hop[known:] == 8).all()
    assert (made.batch[new[0]] == made.batch[new[1]]).all()
    assert (new[0] != new[1]).all()
    # Both lists together hold the five nearest of each atom.
    distance = torch.cdist(made.input_pos, made.input_pos)
    distance[made.batch[:, None] != made.batch[None]] = torch.inf
    distance.fill_diagonal_(torch.inf)
    wanted = distance.topk(5, dim=1, largest=False).indices
    here = set(map(tuple, made.hop_index.T.tolist()))
    assert all((j, i) in here for i, row in enumerate(wanted.tolist()) for j in row)
    assert len(here) == made.hop_index.shape[1]


def test_memory_grows_with_the_atoms():
    few, many = (noised(count, neighbours=6) for count in (1, 4))
    per_atom = [b.hop_index.shape[1] / b.num_nodes for b in (few, many)]
    assert per_atom[0] == pytest.approx(per_atom[1], rel=0.2)


def test_no_neighbours_are_the_pairs_of_the_bonds_alone():
    assert noised(neighbours=0).hop_index.shape == batch().hop_index.shape
    single = torch.zeros(1, dtype=torch.long)
    assert nearest(torch.zeros(1, 3), single, 4, torch.empty(2, 0).long()).shape == (2, 0)


def test_networks_are_told_the_size_of_a_structure():
    made = noised()
    for graph in range(3):
        true = made.pos[made.batch == graph]
        size = (true - true.mean(0)).square().mean().sqrt()
        assert made.sigma_data[graph] == pytest.approx(size.item(), rel=0.15)


def test_a_network_that_says_nothing_leaves_a_large_structure_its_size():
    made = noised()
    network = registry.create("model", "egnn", channels=4, layers=1)
    for layer in network.layers:
        torch.nn.init.zeros_(layer.pull.weight)
    with torch.no_grad():
        predicted = network(made)
    first = made.batch == 0
    size = [x[first].std(dim=0).norm() for x in (predicted, made.input_pos)]
    shrunk = made.sigma_data[0] ** 2 / (made.sigma_data[0] ** 2 + 0.25)
    assert (size[0] / size[1]).item() == pytest.approx(shrunk.item(), rel=1e-5)


@pytest.mark.parametrize("name", ["vector_gnn", "egnn"])
def test_networks_move_along_with_the_structure(name):
    torch.manual_seed(0)
    network, made = registry.create("model", name, channels=4, layers=2), noised()
    shift = torch.tensor([5.0, -3.0, 2.0])
    with torch.no_grad():
        first = network(made)
        made.input_pos = made.input_pos + shift
        second = network(made)
    torch.testing.assert_close(second, first + shift, atol=1e-4, rtol=0)


def test_a_run_has_lddt_and_clashes(tmp_path):
    result = run_one("proteins", spec(), tmp_path)
    (found,) = result["measurements"]
    assert found["labels"] == {"noise": "0.5 Å"}
    assert 0 < found["values"]["lddt"] < 1
    assert found["values"]["clashes"] >= 0
    document = make_document(ProteinExperiment(), [spec()], {spec().key: result}, {}, out=tmp_path)
    (drawn,) = [s["data"] for s in document["sections"] if s["kind"] == "structures"]
    assert drawn["references"][0]["name"].endswith("(test fragment 1)")
    assert [len(s["structures"]) for s in drawn["sets"]] == [len(drawn["references"])]


def test_edges_are_redrawn_for_training_fragments_alone(tmp_path):
    training = ProteinExperiment().build(spec(loss="pair_energy", edges="knn"), tmp_path)
    assert "energy_edge_index" in next(iter(training.loader.stream(0)))
    assert "energy_edge_index" not in training.splits["test"][0]
    plain = ProteinExperiment().build(spec(), tmp_path)
    assert "energy_edge_index" not in next(iter(plain.loader.stream(0)))


def test_the_command_gives_edges_to_the_loss_that_reads_them():
    import argparse

    parser = argparse.ArgumentParser()
    COMMAND.configure(parser)
    specs = COMMAND.specs_of(parser.parse_args(["--losses", "energy,pair_energy", "--seeds", "1"]))
    assert {(s.loss, s.edges) for s in specs} == {("energy", ""), ("pair_energy", "backbone")}
    assert {s.model for s in specs} == {"vector_gnn", "egnn"}


@pytest.mark.slow
def test_the_study_prints_its_table_with_the_input_below(tmp_path, capsys):
    command = ["proteins", "--quick", "--steps", "2", "--models", "vector_gnn", "--losses", "mse"]
    command += ["--out", str(tmp_path), "--eval-graphs", "2", "--workers", "1"]
    command += [f"--dataset-arg={key}={value}" for key, value in SMALL.items()]
    command += ["--model-arg", "vector_gnn.channels=4", "--noise-levels", "0.5"]
    assert main(command) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert [row["labels"]["loss"] for row in results["baselines"]] == ["the input as it is"]
    assert results["text"].startswith("denoise on proteins_small")
    assert "the input as it is" in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()


def test_tasks_other_than_denoising_are_refused():
    with pytest.raises(ValueError, match="`task` must be one of denoise; got 'geometry'"):
        spec(task="geometry", levels=())
