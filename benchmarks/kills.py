"""Kill -9 at random moments: a study that is started again ends with the bytes of a calm one.

    python benchmarks/kills.py --work DIR

Makes a tiny study of each experiment undisturbed, then again while its workers, their guards and
the parent are killed, 20 kills in all, and the same command is given again after each lost parent.
Checked: no file is torn at any kill, no process outlives its parent, and in the end the weights
and structures have the same bytes and all measurements and curves the same values. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import UNFINISHED, read_json, read_npz, write_json
from pyg_energyloss.registry import create

RESULTS = Path(__file__).with_name("results") / "kills.json"
SEED = 0
KILLS = {"compare": 7, "generate": 7, "spins": 6}
#: Seconds in which the processes of a lost parent are to end.
PATIENCE = 30.0
COMMON = {"steps": 150, "batch_size": 8, "learning_rate": 1e-3}
FIELDS: dict[str, dict[str, Any]] = {
    "compare": {
        "dataset": "qm9_small",
        "model": "gnn",
        "eval_graphs": 6,
        "evaluators": {"geometry": {}, "rmsd": {}},
        "model_options": {"channels": 8, "layers": 1},
        "keep_structures": 2,
    },
    "generate": {
        "dataset": "qm9_small",
        "model": "gdm",
        "position_weight": 1.0,
        "sample_steps": 5,
        "samples": 8,
        "evaluators": ("stability",),
        "model_options": {"channels": 8, "layers": 1},
    },
    "spins": {
        "model": "spin_cnn",
        "model_options": {"width": 4, "layers": 1},
        "size": 4,
        "train": 200,
        "test": 20,
        "sweeps": 5,
    },
}
LOSSES = {
    "compare": ("mse", "energy"),
    "generate": ("mse", "energy_gated"),
    "spins": ("local_field", "true_energy"),
}
#: Measured by the clock, so never the same twice.
CLOCK = {"step_ms", "peak_memory_mib", "train_seconds", "eval_seconds", "sample_seconds"}


def main() -> None:
    """Kill, compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for the studies")
    parser.add_argument("--only", choices=KILLS, help="one experiment; others keep their results")
    work = parser.parse_args().work
    only = parser.parse_args().only
    for name in [only] if only else KILLS:
        shutil.rmtree(work / name, ignore_errors=True)
        draw = random.Random(f"{SEED} {name}")  # noqa: S311 - moments, no secrets
        found = killed(name, KILLS[name], work / name, draw)
        known = read_json(RESULTS) if RESULTS.exists() else {}
        known |= {
            name: found,
            "command": "python benchmarks/kills.py --work DIR",
            "seed": SEED,
            "environment": environment(),
        }
        write_json(RESULTS, known)
        print(name, json.dumps(found, indent=1), flush=True)


def study(name: str, out: Path, **executing: Any) -> dict[str, str]:
    """Make the tiny study; return what failed."""
    experiment = create("experiment", name)
    specs = [
        experiment.spec_type.from_dict({**COMMON, **FIELDS[name], "loss": loss, "seed": seed})
        for seed, loss in product((0, 1), LOSSES[name])
    ]
    return dict(run_study(name, specs, out, **executing)["failed"])


def killed(name: str, kills: int, work: Path, draw: random.Random) -> dict[str, Any]:
    """Kill a study so many times; what was found."""
    started = time.perf_counter()
    first = _start(name, work / "calm")
    if first.wait():
        raise RuntimeError(f"the undisturbed study {name} failed")
    seconds = time.perf_counter() - started
    expected = content(work / "calm")
    victims: dict[str, int] = {"parent": 0, "guard": 0, "worker": 0}
    phases: dict[str, int] = {}
    orphans, torn, different, rounds = 0, [], [], 1
    starts, ends = 1, 0
    out = work / f"killed-{rounds}"
    process = _start(name, out)
    while sum(victims.values()) < kills:
        kind = ("parent", "worker", "parent", "guard")[sum(victims.values()) % 4]
        moment = time.perf_counter() + draw.uniform(0.3, 1.0) * seconds
        while process.poll() is None and (
            time.perf_counter() < moment or not _of_kind(process.pid, kind)
        ):
            time.sleep(0.02)
        pids = _of_kind(process.pid, kind)
        if process.poll() is None and pids:
            below = descendants(process.pid)
            os.kill(draw.choice(pids), signal.SIGKILL)
            victims[kind] += 1
            torn += list(torn_files(out))
            phase = _phase(out)
            phases[phase] = phases.get(phase, 0) + 1
            if kind != "parent":
                continue
            process.wait()
            orphans += _left(below)
        elif process.wait() == 0:
            ends += 1
            different += differences(expected, content(out))
            rounds += 1
            out = work / f"killed-{rounds}"
        process = _start(name, out)
        starts += 1
    # A run whose worker is lost twice in one study has failed; the same command makes it again.
    while process.wait():
        process = _start(name, out)
        starts += 1
    different += differences(expected, content(out))
    torn += list(torn_files(out))
    litter = [str(p.relative_to(work)) for p in work.rglob(f"*{UNFINISHED}")]
    return {
        "kills": victims,
        "phase of the last progress at the kill": phases,
        "studies ended": ends + 1,
        "starts": starts,
        "torn files": torn,
        "set aside as corrupt": [str(p.relative_to(work)) for p in work.rglob("*.corrupt")],
        "unfinished files left": litter,
        "orphans": orphans,
        "files compared": len(expected),
        "different": different,
        "seconds undisturbed": round(seconds, 1),
    }


def content(out: Path) -> dict[str, Any]:
    """What is to be the same: bytes of arrays, values of documents without clocks and dates."""
    found: dict[str, Any] = {}
    for path in sorted((out / "runs").rglob("*")):
        key = str(path.relative_to(out))
        if path.suffix == ".npz":
            found[key] = path.read_bytes()
        elif path.name in ("result.json", "trained.json"):
            document = read_json(path)
            found[key] = _timeless({k: v for k, v in document.items() if k != "environment"})
    return found


def differences(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """Files that differ, are missing, or are too many."""
    return [key for key in sorted(expected | got) if expected.get(key) != got.get(key)]


def torn_files(out: Path) -> Iterator[str]:
    """Files under their final names that cannot be read."""
    for path in sorted(out.rglob("*")):
        reader = {".json": read_json, ".npz": read_npz}.get(path.suffix)
        if reader is None or path.name.startswith("."):
            continue
        try:
            reader(path)
        except FileNotFoundError:
            continue  # taken away meanwhile
        except ValueError as error:
            yield f"{path.name}: {error}"


def descendants(pid: int) -> list[int]:
    """Processes below a process, parents first."""
    found = [pid]
    above = parents()
    for number in found:
        found += [child for child, parent in above.items() if parent == number]
    return found[1:]


def _of_kind(pid: int, kind: str) -> list[int]:
    if kind == "parent":
        return [pid]
    above = parents()
    below = [p for p in descendants(pid) if b"executors.worker" in _command(p)]
    return [p for p in below if (above.get(p) == pid) == (kind == "guard")]


def parents() -> dict[int, int]:
    """The parent of each process that is not a zombie."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (OSError, ProcessLookupError):
            continue
        if fields[0] != "Z":
            found[int(path.parent.name)] = int(fields[1])
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ProcessLookupError):
        return b""


def _left(pids: list[int]) -> int:
    """How many of these processes are still there after a while."""
    end = time.perf_counter() + PATIENCE
    while (left := set(pids) & set(parents())) and time.perf_counter() < end:
        time.sleep(0.1)
    return len(left)


def _phase(out: Path) -> str:
    found = [p for p in (out / "runs").glob("*/progress.json") if p.exists()]
    if not found:
        return "before the first run"
    return str(read_json(max(found, key=lambda p: p.stat().st_mtime)).get("phase"))


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in CLOCK}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def _start(name: str, out: Path) -> subprocess.Popen[bytes]:
    out.mkdir(parents=True, exist_ok=True)
    program = "import sys; import kills; sys.exit(bool(kills.study(*sys.argv[1:3], workers=2)))"
    program = program.replace("*sys.argv[1:3]", "sys.argv[1], kills.Path(sys.argv[2])")
    with (out.parent / f"{out.name}.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", program, name, str(out)],
            cwd=Path(__file__).parent,
            stdout=log,
            stderr=log,
        )


if __name__ == "__main__":
    main()
