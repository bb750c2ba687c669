"""Springs and sticks: exactness, accuracy beside a network, the learning barrier, speed.

Run from the repository:
python benchmarks/springs.py [--seeds 5] [--only PART ...] [--authors COPY --authors-python PYTHON]

Writes benchmarks/results/springs.json, docs/images/springs_*.png and springs_relaxation.gif.
COPY is a checkout of https://github.com/bestquark/springs-and-sticks, run as it is by a Python that
has sympy and torchsde; without it the authors' figures of the last run are kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import springs_checks as checks
import torch
from pyg_energyloss_springs import (
    Langevin,
    SpringsAndSticks,
    SpringsAndSticksRegressor,
    State,
    make_grids,
    minibatch_force,
    quadratic_energy,
)
from pyg_energyloss_springs.app.animation import write_animation
from pyg_energyloss_springs.app.contest import contest
from pyg_energyloss_springs.app.curves import barrier_plot
from pyg_energyloss_springs.app.functions import TOYS
from pyg_energyloss_springs.app.path import relaxation_path
from pyg_energyloss_springs.app.pictures import sticks_plot
from pyg_energyloss_springs.app.problem import table_problem, toy_problem
from pyg_energyloss_springs.app.spec import NAMES
from pyg_energyloss_springs.app.table import diabetes
from pyg_energyloss_springs.app.thermal import (
    ThermalSystem,
    temperature_sweep,
)
from pyg_energyloss_springs.mechanics import anchor_springs

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.files import write_json
from pyg_energyloss.report.plots import save

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "springs.json"
IMAGES = HERE.parent / "docs" / "images"
#: Sticks along each feature, features per grid.
SIZES = {1: (20, 1), 2: (8, 2), 10: (4, 1)}


def problem_of(name, seed):
    if name == "diabetes":
        return table_problem(name, diabetes(), seed=seed)
    return toy_problem(name, points=200 * TOYS[name].dim, noise=0.1, seed=seed)


def accuracy(seeds):
    found = {}
    for name in (*TOYS, "diabetes"):
        rows = []
        for seed in range(seeds):
            problem = problem_of(name, seed)
            sticks, group_size = SIZES[problem.dim]
            shape = {"sticks": sticks, "group_size": group_size}
            fits = {m: contest(m, problem, folds=5, seed=seed, **shape) for m in NAMES}
            errors = {model: fit.pop("error") for model, fit in fits.items()}
            ratio = errors["springs"] / errors["network"]
            rows.append({"seed": seed, "error": errors, "ratio": ratio, **fits})
        columns = {model: [row["error"][model] for row in rows] for model in NAMES}
        columns["ratio"] = [row["ratio"] for row in rows]
        of_all = {key: moments(values) for key, values in columns.items()}
        found[name] = {"summary": of_all, "seeds": rows}
        both = found[name]["summary"]
        print(
            f"{name:9s} springs {both['springs']['mean']:.4g} network {both['network']['mean']:.4g}"
            f" ratio of means {both['springs']['mean'] / both['network']['mean']:.2f}",
            flush=True,
        )
    return found


def groups_summed_or_averaged(seeds):
    """One relaxation of the sum of the groups, beside the mean of models fitted group by group."""
    rows = []
    for seed in range(seeds):
        problem = problem_of("diabetes", seed)
        (points, values), (others, truth) = problem.train, problem.test
        scale = float(np.mean(truth**2))
        options = {"n_sticks": 4, "group_size": 1, "bending": 10.0}
        together = SpringsAndSticksRegressor(**options).fit(points, values[:, 0])
        apart = [
            SpringsAndSticksRegressor(**options)
            .fit(points[:, [i]], values[:, 0])
            .predict(others[:, [i]])
            for i in range(problem.dim)
        ]
        rows.append(
            {
                "summed": float(np.mean((together.predict(others) - truth[:, 0]) ** 2)) / scale,
                "averaged": float(np.mean((np.mean(apart, axis=0) - truth[:, 0]) ** 2)) / scale,
            }
        )
    return {k: float(np.mean([row[k] for row in rows])) for k in rows[0]} | {"seeds": seeds}


def barrier():
    problem = problem_of("sine", 0)
    heated = [
        {
            "sticks": sticks,
            **temperature_sweep(
                ThermalSystem(problem, sticks=sticks, group_size=1),
                relative=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
                num_repeats=1000,
                num_steps=3000,
                seed=100 * place,
            ),
        }
        for place, sticks in enumerate((4, 8, 16))
    ]
    middle = heated[1]["barrier_temperature"]
    sweep = (1, 2, 4, 8, 16, 32)
    systems = [ThermalSystem(problem, sticks=sticks, group_size=1) for sticks in sweep]
    curves = [
        {"temperature": t, "sticks": sweep, "error": [s.test_error(t) for s in systems]}
        for t in (0.0, *(share * middle for share in (0.01, 0.1, 1.0)))
    ]
    found = {"thermal": heated, "sticks_at_temperature": curves}
    save(barrier_plot(found), IMAGES / "springs_barrier.png")
    return found


def pictures():
    for name, sticks, group_size in (("sine", 12, 1), ("waves", 6, 2)):
        problem = problem_of(name, 0)
        path = relaxation_path(problem, sticks=sticks, group_size=group_size, num_frames=60)
        if name == "sine":
            write_animation(problem, path, IMAGES / "springs_relaxation.gif")
        points, values, *_ = problem.tensors()
        path["model"].relax(points, values)
        save(sticks_plot(problem, path["model"]), IMAGES / f"springs_{name}.png")


def microseconds(call, steps, repeats=5):
    call()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1e6 * statistics.median(seconds) / steps


def speed(sticks=20, points=20):
    """The same task as springs_authors.py, float64, one thread."""
    u = torch.linspace(0, 1, points, dtype=torch.float64)[:, None]
    y = torch.sin(2 * torch.pi * u)
    grids = make_grids([0.0], [1.0], sticks=sticks)
    model = SpringsAndSticks(grids, mass=1 / sticks, anchor=1e-3).double()
    mass = model.mass_matrix()

    def attach():
        return quadratic_energy(model.springs(u, y))

    options = {"friction": 4.0, "temperature": 0.1, "step": 1e-3}
    energy = attach()
    found = {"attach_data_us": microseconds(attach, 1, 50), "step_us": {}}
    for batch in (1, 100, 500):
        motion = Langevin(energy, mass, **options)
        start = torch.rand(len(mass), batch, generator=motion.generator, dtype=torch.float64)
        state = State(start, torch.zeros_like(start))
        found["step_us"][str(batch)] = microseconds(
            lambda motion=motion, state=state: motion.run(state, 1000), 1000
        )
    # A new mini-batch in every half of every step, as in the authors' training loop.
    force = minibatch_force(
        model.data_springs(u, y),
        anchor_springs(len(mass), np.zeros(1), stiffness=1e-3),
        batch_size=points // 2,
        generator=torch.Generator().manual_seed(0),
    )
    motion = Langevin(energy, mass, force=force, **options)
    start = torch.zeros(len(mass), 1, dtype=torch.float64)
    found["minibatch_step_us"] = microseconds(lambda: motion.run(State(start, start), 1000), 1000)
    return found


def authors(checkout, python):
    script = HERE / "springs_authors.py"
    done = subprocess.run(  # noqa: S603 - what the caller asks for
        [python, str(script), str(checkout)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--authors", type=Path, help="copy of bestquark/springs-and-sticks")
    parser.add_argument("--authors-python", default=sys.executable)
    parser.add_argument("--only", nargs="*", help="parts to measure again; others are kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts = {
        "fixed_point": checks.fixed_point,
        "integrators": checks.integrators,
        "equilibrium": checks.equilibrium,
        "jarzynski": checks.jarzynski_scores,
        "entropy": checks.entropy_balance,
        "accuracy": lambda: accuracy(options.seeds),
        "groups": lambda: groups_summed_or_averaged(options.seeds),
        "barrier": barrier,
        "pictures": pictures,
        "speed": lambda: timing(options, document.get("speed", {})),
    }
    chosen = options.only or list(parts)
    unknown = set(chosen) - set(parts)
    if unknown:
        parser.error(f"--only knows {', '.join(parts)}, not {', '.join(unknown)}")
    document = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in chosen:
        start = time.perf_counter()
        found = parts[name]()
        if found is not None:
            document[name] = found
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    document |= {"environment": environment(), "seeds": list(range(options.seeds))}
    write_json(RESULTS, document)


def timing(options, old):
    found = {"ours": speed(), "authors": old.get("authors"), "environment": environment()}
    if options.authors:
        found["authors"] = authors(options.authors, options.authors_python)
    if found["authors"]:
        theirs, ours = found["authors"], found["ours"]
        whole = 1e6 * theirs["attach_data_s"] + theirs["step"]["1"]["step_us"]
        found["faster"] = {
            "step_without_building": {
                b: theirs["step"][b]["step_us"] / ours["step_us"][b] for b in ("1", "100")
            },
            "new_data_and_step": whole / (ours["attach_data_us"] + ours["step_us"]["1"]),
            "minibatch_step": whole / ours["minibatch_step_us"],
        }
        print(json.dumps(found["faster"]))
    return found


if __name__ == "__main__":
    main()
