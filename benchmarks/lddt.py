"""The smooth lDDT beside OpenFold3's and Boltz's own functions: values, gradients, time, memory.

    python benchmarks/lddt.py --structure 5ugo.pdb.gz --openfold OPENFOLD3/.git --boltz BOLTZ/.git

The functions of the two programs are read from their git repositories while this runs; none of
their code is part of this package. One thread, CPU time, forward and gradient, float32, best of
several. The structure is that of the file, water included, moved by 1 Å; its DNA has AlphaFold 3's
cutoff for nucleotides. The large structure is 20 016 atoms at the density of a
protein; what is right there is a sum in float64, a few rows at a time.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from gpu_cases import protein
from pair_energy import resident
from torch import Tensor

from pyg_energyloss.data import read_structures
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import smooth_lddt

RESULT = Path(__file__).parent / "results" / "lddt.json"
SEED, LARGE, CUTOFFS = 0, 20_016, (15.0, 30.0)
NUCLEOTIDES = {"DA", "DC", "DG", "DT", "A", "C", "G", "U"}
OPENFOLD = ("openfold3/core/loss/diffusion.py", "openfold3/core/utils/atomize_utils.py")
BOLTZ = {
    "boltz_1": "src/boltz/model/loss/diffusion.py",
    "boltz_2": "src/boltz/model/loss/diffusionv2.py",
}
Loss = Callable[[Tensor], Tensor]


def shown(repository: Path, path: str) -> str:
    command = ["git", "-C", str(repository), "show", f"HEAD:{path}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


def commit(repository: Path) -> str:
    command = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


def functions(source: str, names: set[str], known: dict[str, Any]) -> dict[str, Any]:
    """The functions of these names from a module's text, without what the module imports."""
    tree = ast.parse(source)
    tree.body = [
        part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name in names
    ]
    for part in tree.body:
        part.returns = None
        for argument in [*part.args.args, *part.args.kwonlyargs]:
            argument.annotation = None
    space = {"torch": torch, "F": torch.nn.functional, **known}
    exec(compile(tree, "theirs", "exec"), space)  # noqa: S102 - what this benchmark is about
    return space


def openfold_loss(repository: Path, target: Tensor, nucleotide: Tensor) -> Loss:
    spread = functions(shown(repository, OPENFOLD[1]), {"broadcast_token_feat_to_atoms"}, {})
    loss = functions(shown(repository, OPENFOLD[0]), {"smooth_lddt_loss"}, spread)
    one = torch.ones(1, len(target))
    features = {
        "ground_truth": {"atom_positions": target[None], "atom_resolved_mask": one},
        "token_mask": one,
        "num_atoms_per_token": one.long(),
        "is_dna": nucleotide[None].float(),
        "is_rna": torch.zeros_like(one),
    }
    return lambda pos: loss["smooth_lddt_loss"](pos[None], features, one, 1e-8)


def boltz_loss(repository: Path, path: str, target: Tensor, nucleotide: Tensor) -> Loss:
    loss = functions(shown(repository, path), {"smooth_lddt_loss"}, {})["smooth_lddt_loss"]
    there = torch.ones(1, len(target))
    return lambda pos: loss(pos[None], target[None], nucleotide[None].float(), there)


def solved(loss: Loss, pred: Tensor, repeats: int) -> tuple[float, Tensor, float]:
    """Value, gradient, and milliseconds of both: the best of several."""
    best, pos = float("inf"), pred.clone().requires_grad_()
    for _ in range(repeats):
        pos.grad = None
        start = time.process_time()
        value = loss(pos).sum()
        value.backward()
        best = min(best, 1e3 * (time.process_time() - start))
    return float(value.detach()), pos.grad, best


def beside(options: argparse.Namespace) -> dict[str, Any]:
    """Ours and theirs on the structure of the file, with and without its nucleotides."""
    structure = read_structures(options.structure)[0]
    target = torch.as_tensor(structure.pos, dtype=torch.float32)
    dna = torch.tensor([name in NUCLEOTIDES for name in structure.residue_name])
    rng = torch.Generator().manual_seed(SEED)
    pred = target + torch.randn(target.shape, generator=rng)
    found: dict[str, Any] = {"atoms": len(target), "of_nucleotides": int(dna.sum())}
    for case, nucleotide in (("one_cutoff", torch.zeros_like(dna)), ("nucleotides", dna)):
        mask = nucleotide if nucleotide.any() else None

        def ours(pos: Tensor, mask: Tensor | None = mask) -> Tensor:
            return smooth_lddt(pos, target, is_nucleotide=mask)

        value, gradient, ms = solved(ours, pred, 15)
        rows: dict[str, Any] = {"ours": {"value": value, "ms": round(ms, 2)}}
        for name, loss in theirs(options, target, nucleotide).items():
            their_value, their_gradient, their_ms = solved(loss, pred, options.repeats)
            cosine = torch.nn.functional.cosine_similarity(
                gradient.double().flatten(), their_gradient.double().flatten(), dim=0
            )
            rows[name] = {
                "value": their_value,
                "value_difference": abs(value - their_value),
                "gradient_cosine": float(cosine),
                "ms": round(their_ms, 1),
                "times_ours": round(their_ms / ms, 1),
            }
        found[case] = rows
    return found


def theirs(options: argparse.Namespace, target: Tensor, nucleotide: Tensor) -> dict[str, Loss]:
    losses: dict[str, Loss] = {}
    if options.openfold:
        losses["openfold3"] = openfold_loss(options.openfold, target, nucleotide)
    if options.boltz:
        for name, path in BOLTZ.items():
            losses[name] = boltz_loss(options.boltz, path, target, nucleotide)
    return losses


def large_case() -> dict[str, float]:
    """Time and extra memory (Linux) at 20 016 atoms, and how far it is from float64."""
    small_pred, small_target = protein(600)
    solved(lambda pos: smooth_lddt(pos, small_target), small_pred, 1)  # kernels are there
    pred, target = protein(LARGE)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before = resident("VmRSS")
    value, gradient, ms = solved(lambda pos: smooth_lddt(pos, target), pred, 1)
    extra = resident("VmHWM") - before
    exact, exact_gradient = by_rows(pred.double(), target.double())
    off = (gradient.double() - exact_gradient).abs().max() / exact_gradient.abs().max()
    return {
        "atoms": LARGE,
        "ms": round(ms, 1),
        "extra_mib": round(extra, 1),
        "value": value,
        "value_error": abs(value - exact),
        "gradient_error": float(off),
    }


def by_rows(pred: Tensor, target: Tensor, rows: int = 128) -> tuple[float, Tensor]:
    """The smooth lDDT by its definition, all columns of a few rows at a time."""
    pos = pred.clone().requires_grad_()
    kept_sum, pairs_sum = 0.0, 0.0
    for first in range(0, len(pred), rows):
        part = slice(first, first + rows)
        true = torch.cdist(target[part], target)
        near = (true < CUTOFFS[0]) & (
            torch.arange(len(pred)) != torch.arange(len(pred))[part, None]
        )
        row, column = near.nonzero().T
        length = (pos[part][row] - pos[column]).square().sum(-1).clamp(min=1e-30).sqrt()
        off = (length - true[row, column]).abs()
        kept = sum(torch.sigmoid(limit - off) for limit in (0.5, 1.0, 2.0, 4.0)).sum() / 4
        kept.backward()
        kept_sum, pairs_sum = kept_sum + float(kept.detach()), pairs_sum + len(row)
    return 1 - kept_sum / pairs_sum, -pos.grad / pairs_sum


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structure", type=Path, help="a PDB or mmCIF file, such as 5ugo")
    parser.add_argument("--openfold", type=Path, help="git directory of aqlaboratory/openfold-3")
    parser.add_argument("--boltz", type=Path, help="git directory of jwohlwend/boltz")
    parser.add_argument("--repeats", type=int, default=2, help="of the functions of others")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--large", action="store_true", help="print the large case alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.large:
        print(json.dumps(large_case()))
        return
    command = [sys.executable, __file__, "--large"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    result: dict[str, Any] = {
        "environment": environment(),
        "seed": SEED,
        "repeats_of_others": options.repeats,
        "load": [round(number, 1) for number in os.getloadavg()],
        "large": json.loads(done.stdout),
    }
    if options.structure:
        result["structure"] = {"file": options.structure.name, **beside(options)}
    programs = {"openfold3": options.openfold, "boltz": options.boltz}
    result["commits"] = {name: commit(path) for name, path in programs.items() if path}
    print(json.dumps(result, indent=1))
    write_json(options.out, result)


if __name__ == "__main__":
    main()
