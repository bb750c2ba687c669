"""What our losses give on tensors of Boltz's diffusion module, beside Boltz's own and beside loops.

    PYTHONPATH=boltz/src python benchmarks/hosts/compare_boltz.py DATA

In float64, in an environment that has Boltz's requirements and this library.
"""

import argparse
import datetime as dt
import json
import platform
from pathlib import Path

import torch
from boltz.data import const
from boltz.model.loss.diffusion import smooth_lddt_loss
from boltz_training import SAMPLES, Model, batches

import pyg_energyloss as pel
from pyg_energyloss.hosts import FlatLoss
from pyg_energyloss.hosts.patches.boltz import atom_weights, sampled_loss

RESULT = Path(__file__).resolve().parents[1] / "results/hosts_boltz.json"
COMMIT = "832486dafed7b80e1246a3fed895e9bb03976558"


def energy_loops(pred, true, weight):
    """Energy over the sum of weights of one sample, in plain loops; pairs weigh both weights."""
    rows = [i for i, w in enumerate(weight) if w > 0]
    energy = 0.0
    for i in rows:
        for j in rows:
            d = sum((a - b) ** 2 for a, b in zip(true[i], true[j], strict=True)) ** 0.5
            p = sum((a - b) ** 2 for a, b in zip(pred[i], pred[j], strict=True)) ** 0.5
            spring = 0.5 * 2.718281828459045**-d * (d - p) ** 2
            energy += spring * weight[i] * weight[j] if i != j else 0.0
    return energy / sum(weight[i] for i in rows)


def compared(model, feats):
    """Our values on what Boltz's denoiser returned for a batch, in float64."""
    module, feats = model.structure_module, dict(feats)
    out = model(feats)
    sigmas = out["sigmas"]
    out = {k: v.detach().double() for k, v in out.items()} | {"sigmas": torch.ones(len(sigmas))}
    feats["coords"] = feats["coords"].double()
    pred = out["denoised_atom_coords"].requires_grad_()
    weight = atom_weights(feats, const.chain_type_ids, nucleotide=5.0, ligand=10.0).double()
    own = module.compute_loss(feats, out, multiplicity=SAMPLES)["loss_breakdown"]
    scale = float(module.loss_weight(torch.tensor(1.0)))
    energy = sampled_loss(FlatLoss(reduction="none"), out, weight, SAMPLES)
    gradient = torch.autograd.grad(energy.sum(), pred)[0]
    repeated, true = weight.repeat_interleave(SAMPLES, 0), out["aligned_true_atom_coords"]
    loops = [
        energy_loops(p, t, w)
        for p, t, w in zip(pred.tolist(), true.tolist(), repeated.tolist(), strict=True)
    ]
    aligned = sampled_loss(FlatLoss("kabsch", reduction="none"), out, weight, SAMPLES).mean()
    seen = feats["atom_resolved_mask"].repeat_interleave(SAMPLES, 0).flatten().double()
    kind = (feats["mol_type"][:, :1] == const.chain_type_ids["DNA"]).expand_as(weight)
    lddt = pel.functional.smooth_lddt(
        pred.flatten(0, 1), feats["coords"].flatten(0, 1), node_weight=seen,
        batch=torch.arange(len(repeated)).repeat_interleave(pred.size(1)),
        is_nucleotide=kind.repeat_interleave(SAMPLES, 0).flatten(),
    ).mean()  # fmt: skip
    # A target at a time, as Boltz trains: with several, its samples are averaged across targets.
    each = [
        (pred.unflatten(0, (-1, SAMPLES))[n], feats["coords"].unflatten(0, (-1, SAMPLES))[n],
         kind[n : n + 1].double(), feats["atom_resolved_mask"][n : n + 1].double())
        for n in range(len(weight))
    ]  # fmt: skip
    theirs_lddt = torch.stack([smooth_lddt_loss(*one, multiplicity=SAMPLES) for one in each]).mean()

    def pair(ours, own):
        return {"ours": float(ours), "own": float(own), "relative": abs(float(ours / own) - 1)}

    return {
        "energy beside loops": pair(energy.mean(), torch.tensor(loops).double().mean()),
        "aligned squared error beside Boltz's": pair(aligned * scale, own["mse_loss"]),
        "smooth lDDT beside Boltz's": pair(lddt, theirs_lddt),
        "gradient_finite": bool(gradient.isfinite().all()),
        "gradient_norm": float(gradient.norm()),
        "no_gradient_on_what_is_not_resolved": not bool(gradient[repeated == 0].any()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    _, held = batches(parser.parse_args().data)
    torch.manual_seed(0)
    model = Model()
    document = {
        "what": "losses on padded samples of Boltz's diffusion module at a small size, float64: "
        "ours, Boltz's own, plain loops; one protein of 1CRN, one of 5ugo, DNA of 5ugo",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, 1 thread",
        "repository": "github.com/jwohlwend/boltz",
        "commit": COMMIT,
        "seed": 0,
        "samples": SAMPLES,
        "batches": [compared(model, feats) for feats in held],
    }
    RESULT.write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document["batches"], indent=1))


if __name__ == "__main__":
    main()
