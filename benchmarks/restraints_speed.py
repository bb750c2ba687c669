"""Time of all terms of 256 small molecules on one thread, value and gradient.

    python benchmarks/restraints_speed.py

Beside it, in the same run, the pair energy of all pairs of the same molecules and the same terms in
plain torch; the ratios mean more than the milliseconds.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import complete_pair_energy
from pyg_energyloss.restraints import Kind, Restraints, restraint_energy
from pyg_energyloss.restraints.structures import KINDS
from pyg_energyloss.stiffness import Exponential
from pyg_energyloss.transforms import RestraintTransform

RESULT = Path(__file__).parent / "results" / "restraints_speed.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train = registry.create("dataset", "qm9_small")["train"]
    transform = RestraintTransform(kinds=(*KINDS, "torsion"))
    batch = Batch.from_data_list([transform(train[i].clone()) for i in range(options.molecules)])
    terms, graphs = Restraints.stored_in(batch), {"batch": batch.batch, "num_graphs": len(batch)}
    pos = batch.pos + 0.1 * torch.randn(batch.pos.shape, generator=torch.Generator().manual_seed(0))
    cases: dict[str, Callable[[Tensor], Tensor]] = {
        "restraints": lambda at: restraint_energy(at, terms, **graphs),
        "pair energy": lambda at: complete_pair_energy(
            at, batch.pos, stiffness=Exponential(), **graphs
        ),
    }
    found = {name: timed(energy, pos, options.repeats) for name, energy in cases.items()}
    os.environ["PYG_ENERGYLOSS_ENGINE"] = "torch"
    plain = timed(cases["restraints"], pos, options.repeats // 10)
    found["restraints in plain torch"] = plain
    row = {
        "molecules": options.molecules,
        "atoms": len(pos),
        "terms": {kind.name.lower(): int((terms.kind == kind).sum()) for kind in Kind},
        "milliseconds": found,
        "to_pair_energy": found["restraints"]["fastest"] / found["pair energy"]["fastest"],
        "plain_to_fused": plain["fastest"] / found["restraints"]["fastest"],
    }
    print(row)
    write_json(options.out, {"environment": environment(), "rows": [row]})


def timed(energy: Callable[[Tensor], Tensor], pos: Tensor, repeats: int) -> dict[str, float]:
    """Fastest and median time of a value with its gradient, in ms of CPU time of this thread."""
    times = []
    for _ in range(repeats + 3):
        at = pos.clone().requires_grad_()
        started = time.thread_time()
        energy(at).sum().backward()
        times.append(1e3 * (time.thread_time() - started))
    times = sorted(times[3:])
    return {"fastest": times[0], "median": times[len(times) // 2]}


if __name__ == "__main__":
    main()
