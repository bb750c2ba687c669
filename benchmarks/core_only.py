"""The complete energy with the core dependencies alone against the full install; writes JSON.

    python benchmarks/core_only.py        (about a minute on one core)

Two environments are made of the packages that are installed here: one has what `dependencies` in
pyproject.toml asks for, and what that asks for, the other has everything. The library is built and
installed into both as a user's pip would. A fresh process of each, in turns, takes energy and
gradient of 3 000 atoms, float32, one thread, by the CPU time of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "core_only.json"
OPTIONAL = ("lightning", "rich", "matplotlib", "rdkit", "ase", "igraph")
TIMED = """
import importlib.util, json, sys, time, torch
import pyg_energyloss
from pyg_energyloss.functional import complete_pair_energy
from pyg_energyloss.stiffness import Constant, Exponential
torch.set_num_threads(1)
rng = torch.Generator().manual_seed(0)
target = 5 * torch.randn(3000, 3, generator=rng)
pred = (target + 0.3 * torch.randn(3000, 3, generator=rng)).requires_grad_()
best = {}
for name, law in (("constant", Constant()), ("exponential", Exponential())):
    for _ in range(21):
        start = time.process_time()
        complete_pair_energy(pred, target, stiffness=law).sum().backward()
        best[name] = min(best.get(name, 9e9), 1e3 * (time.process_time() - start))
there = [m for m in sys.argv[1:] if importlib.util.find_spec(m)]
print(json.dumps({"ms": best, "optional": there, "file": pyg_energyloss.__file__}))
"""


def closure(wanted: Iterable[str]) -> set[str]:
    """Distributions that requirements need, and those that these need, extras as asked for."""
    found: set[str] = set()
    left = [Requirement(line) for line in wanted]
    while left:
        asked = left.pop()
        if asked.name.lower() in found:
            continue
        found.add(asked.name.lower())
        for line in metadata.requires(asked.name) or []:
            needed = Requirement(line)
            extras = asked.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                left.append(needed)
    return found


def make(folder: Path, names: set[str] | None, wheel: Path) -> Path:
    """An environment with some packages of this one (None: all) and the library; its python."""
    _run(sys.executable, "-m", "venv", "--without-pip", folder)
    site = next(folder.glob("lib/python*/site-packages"))
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"].lower()
        if "energyloss" in name or (names is not None and name not in names):
            continue
        for entry in {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}:
            source, link = Path(str(distribution.locate_file(entry))), site / entry
            if source.exists() and not link.exists():
                link.symlink_to(source)
    python = folder / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps",
         "--no-index", "--disable-pip-version-check", wheel)  # fmt: skip
    return python


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    isolated = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PATH": "/usr/bin:/bin"}
    return subprocess.run(  # noqa: S603 - our own commands
        command, cwd=cwd, env=isolated, check=True, capture_output=True, text=True
    ).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", work, cwd=ROOT)
        (wheel,) = work.glob("*.whl")
        core = closure(project["dependencies"])
        pythons = {
            name: make(work / name, names, wheel)
            for name, names in (("core", core), ("full", None))
        }
        found: dict[str, list[dict]] = {"core": [], "full": []}
        for _ in range(options.rounds):
            for name, python in pythons.items():
                found[name].append(json.loads(_run(python, "-c", TIMED, *OPTIONAL, cwd=work)))
    if found["core"][0]["optional"]:
        raise SystemExit(f"the core has optional packages: {found['core'][0]}")
    best = {
        name: {law: round(min(r["ms"][law] for r in rounds), 3) for law in rounds[0]["ms"]}
        for name, rounds in found.items()
    }
    ratio = {law: round(best["core"][law] / best["full"][law], 3) for law in best["core"]}
    document = {
        "environment": environment(),
        "seed": 0,
        "load": round(os.getloadavg()[0], 1),
        "rounds": options.rounds,
        "atoms": 3000,
        "core": sorted(core),
        "optional_in_full": found["full"][0]["optional"],
        "ms": best,
        "ratio": ratio,
    }
    write_json(options.out, document)
    print(json.dumps({"ms": best, "ratio": ratio}, indent=2))


if __name__ == "__main__":
    main()
