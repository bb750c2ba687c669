"""The CPU kernels against plain formulas, against each other and against an older checkout.

    python benchmarks/kernel_speed.py                       (about two minutes on one core)
    python benchmarks/kernel_speed.py --old PATH/TO/CHECKOUT

Forward and gradient, one thread, float32, CPU time, best of the repeats (`--rounds` turns of the
checkouts, `--budget` seconds of each case). An older checkout runs in
a process of its own, in turns with this one; of cases that it does not know there is no figure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pair_energy import LAW, cloud, dense_energy, gather_energy, local_edges, measure, regular_edges
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.functional import complete_pair_energy, pair_energy

RESULT = Path(__file__).parent / "results" / "kernel_speed.json"
POTENTIALS = ("Absolute", "Huber", "LDDT", "Morse", "FlatBottom")
LAWS = ("auto", "bond_aware", "element_pair", "callable")
ROUNDS, BUDGET = 3, 0.3

Case = tuple[Callable[[Tensor], Tensor], Tensor]


def cases() -> dict[str, Case]:
    found: dict[str, Case] = {}
    pred, target = cloud(3000)

    def complete(**options: Any) -> Callable[[Tensor], Tensor]:
        return lambda pos: complete_pair_energy(pos, target, **options)

    found["harmonic_3000"] = complete(stiffness=LAW), pred
    found["harmonic_3000_k_one"] = complete(), pred
    found["dense_3000"] = (lambda pos: dense_energy(pos, target)), pred
    try:
        from pyg_energyloss import potentials
    except ImportError:
        pass
    else:
        for name in POTENTIALS:
            found[f"{name}_3000"] = (
                complete(stiffness=LAW, potential=getattr(potentials, name)()),
                pred,
            )
    for graphs in (64, 256):
        small_pred, small = cloud(18 * graphs)
        batch = Batch.from_data_list([Data(pos=pos / 3.0) for pos in small.split(18)])
        loss = PairEnergyLoss(LAW)
        found[f"loss_{graphs}x18"] = (
            (lambda pos, loss=loss, batch=batch: loss(pos, batch)),
            small_pred / 3.0,
        )
    found.update(sparse_cases())
    found.update(law_cases(1000))
    return found


def sparse_cases(nodes: int = 300_000) -> dict[str, Case]:
    pred, target = cloud(nodes)
    lists = {"sorted": local_edges(nodes), "random_graph": regular_edges(nodes)}
    order = torch.randperm(lists["sorted"].size(1), generator=torch.Generator().manual_seed(0))
    lists["shuffled"] = lists["sorted"][:, order]
    lists["one_direction"] = lists["sorted"][:, lists["sorted"][0] < lists["sorted"][1]]
    found: dict[str, Case] = {}
    for name, edges in lists.items():
        found[f"sparse_{name}"] = (
            (lambda pos, e=edges: pair_energy(pos, target, e, stiffness=LAW)),
            pred,
        )
        found[f"gather_{name}"] = (lambda pos, e=edges: gather_energy(pos, target, e)), pred
    return found


def law_cases(atoms: int) -> dict[str, Case]:
    from pyg_energyloss.stiffness import BondAware, ElementPair, Exponential, physical

    pred, target = cloud(atoms)
    bonds = torch.stack([torch.arange(atoms - 1), torch.arange(1, atoms)])
    z = torch.tensor([1, 6, 7, 8]).repeat(atoms)[:atoms]
    data = Data(z=z, pos=target, edge_index=torch.cat([bonds, bonds.flip(0)], dim=1))
    made = {
        "exponential": Exponential(),
        "auto": physical(),
        "bond_aware": BondAware(4.0, Exponential()),
        "element_pair": ElementPair({(1, 6): 2.0}, Exponential()),
        "callable": lambda distance: 1 / (1 + distance),
    }
    losses = {name: PairEnergyLoss(law, normalize=None) for name, law in made.items()}
    return {
        f"law_{name}_{atoms}": ((lambda pos, loss=loss: loss(pos, data)), pred)
        for name, loss in losses.items()
    }


def serve(budget: float) -> None:
    """Answer the names of cases by milliseconds, until the input ends."""
    torch.set_num_threads(1)
    known = cases()
    print(json.dumps(list(known)), flush=True)
    for line in sys.stdin:
        print(measure(*known[line.strip()], budget), flush=True)


class Server:
    """A checkout that answers, in a process and with kernels of its own."""

    def __init__(self, checkout: Path, folder: str, budget: float, **variables: str) -> None:
        here = Path(__file__).parent
        env = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_CACHE_DIR": folder, **variables}
        env["PYTHONPATH"] = f"{checkout}{os.pathsep}{here}"
        self.process = subprocess.Popen(  # noqa: S603 - this script
            [sys.executable, __file__, "--serve", "--budget", str(budget)],
            env=env,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.cases: list[str] = json.loads(self._line())

    def _line(self) -> str:
        if self.process.stdout is None:
            raise RuntimeError("the process has no output")
        return self.process.stdout.readline()

    def ask(self, case: str) -> float:
        """Return the milliseconds of a case."""
        if self.process.stdin is None:
            raise RuntimeError("the process has no input")
        self.process.stdin.write(f"{case}\n")
        self.process.stdin.flush()
        return float(self._line())


def ratios(ms: dict[str, dict[str, float]]) -> dict[str, Any]:
    now, plain = ms["now"], ms["plain_torch"]
    names = ("sorted", "random_graph", "shuffled", "one_direction")
    found: dict[str, Any] = {
        "dense_by_harmonic_3000": now["dense_3000"] / now["harmonic_3000"],
        "gather_by_sparse": {n: now[f"gather_{n}"] / now[f"sparse_{n}"] for n in names},
        "one_direction_by_both": now["sparse_one_direction"] / now["sparse_sorted"],
        "potential_by_harmonic": {
            n: now[f"{n}_3000"] / now["harmonic_3000"] for n in POTENTIALS if f"{n}_3000" in now
        },
        "plain_torch_by_kernel_1000": {
            n: plain[f"law_{n}_1000"] / now[f"law_{n}_1000"] for n in LAWS
        },
    }
    if "old" in ms:
        found["now_by_old"] = {n: now[n] / t for n, t in ms["old"].items() if n in now}
    return found


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    return round(value, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--old", type=Path, help="a checkout of an older commit")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--budget", type=float, default=BUDGET)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.budget)
        return
    from pyg_energyloss.experiments.environment import environment
    from pyg_energyloss.files import write_json

    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as mine, tempfile.TemporaryDirectory() as theirs:
        servers = {"now": Server(root, mine, options.budget)}
        plain = {"PYG_ENERGYLOSS_ENGINE": "torch"}
        servers["plain_torch"] = Server(root, mine, options.budget, **plain)
        if options.old:
            servers["old"] = Server(options.old, theirs, options.budget)
        ms: dict[str, dict[str, float]] = {name: {} for name in servers}
        for case in servers["now"].cases:
            for name, server in [*servers.items()] * options.rounds:
                known = case in server.cases and not case.startswith(("dense", "gather"))
                if name == "now" or (known and (name == "old" or case.startswith("law"))):
                    ms[name][case] = min(ms[name].get(case, float("inf")), server.ask(case))
        for server in servers.values():
            server.process.kill()
            server.process.wait()
    result: dict[str, Any] = {"environment": environment(), "seed": 0, "threads": 1}
    result["date"] = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    result["load"] = round(os.getloadavg()[0], 1)
    if options.old:
        command = ["git", "-C", str(options.old), "rev-parse", "--short", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        result["old_commit"] = done.stdout.strip()
    result |= {"ratios": rounded(ratios(ms)), "ms": rounded(ms)}
    write_json(options.out, result)
    print(json.dumps(result["ratios"], indent=1))


if __name__ == "__main__":
    main()
