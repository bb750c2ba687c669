"""Kill -9 at random moments: a study that is started again ends with the bytes of a calm one.

    python benchmarks/kills.py --work DIR

Makes a tiny study of each experiment undisturbed, then again while its worker, the worker's guard
and the parent are killed, 20 times in all, and the same command is given again after each lost
parent. The moments are drawn over the time from the start of the command to the end of the study;
every fourth kill waits from its moment on for a file that is being written. Checked: no file is
torn at any kill, no process outlives its parent, and in the end the weights and structures have the
same bytes and all measurements and curves the same values. Linux only.

The parent is forked from this process, where everything is imported, so that the moments fall into
the work rather than into imports; workers are started as always.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import UNFINISHED, read_json, read_npz, write_json
from pyg_energyloss.registry import create

RESULTS = Path(__file__).with_name("results") / "kills.json"
SEED = 0
KILLS = 20
#: Every so many kills one waits for a file that is being written.
WRITING = 4
#: Seconds in which the processes of a lost parent are to end.
PATIENCE = 30.0
COMMON = {"batch_size": 8, "learning_rate": 1e-3}
MOLECULES = {
    **COMMON,
    "dataset": "qm9_small",
    "model_options": {"channels": 8, "layers": 1},
}
FIELDS: dict[str, dict[str, Any]] = {
    "compare": {
        **MOLECULES,
        "steps": 300,
        "model": "gnn",
        "eval_graphs": 6,
        "evaluators": {"geometry": {}, "rmsd": {}},
        "keep_structures": 2,
    },
    "generate": {
        **MOLECULES,
        "steps": 100,
        "model": "gdm",
        "position_weight": 1.0,
        "sample_steps": 20,
        "samples": 8,
        "evaluators": ("stability",),
    },
    "spins": {
        **COMMON,
        "steps": 500,
        "model": "spin_cnn",
        "model_options": {"width": 4, "layers": 1},
        "size": 4,
        "train": 200,
        "test": 20,
        "sweeps": 5,
    },
    "crystals": {
        **COMMON,
        "steps": 200,
        "dataset": "perov_5_small",
        "levels": (0.25,),
        "model": "crystal_gnn",
        "model_options": {"channels": 8, "layers": 1},
        "eval_graphs": 6,
        "match_graphs": 2,
    },
    "proteins": {
        **COMMON,
        "steps": 60,
        "dataset": "proteins_small",
        "levels": (0.5,),
        "model": "vector_gnn",
        "model_options": {"channels": 8, "layers": 1},
        "eval_graphs": 3,
        "evaluators": {"distances": {}},
    },
    "springs": {
        "points": 100,
        "noise": 0.1,
        "folds": 3,
        "temperatures": (0.1, 0.3, 1.0, 3.0),
        "repeats": 200,
        "steps": 1000,
    },
}
#: What the runs of an experiment differ in.
RUNS: dict[str, tuple[dict[str, Any], ...]] = {
    "compare": ({"loss": "mse"}, {"loss": "energy"}),
    "generate": ({"loss": "mse"}, {"loss": "energy_gated"}),
    "spins": ({"loss": "local_field"}, {"loss": "true_energy"}),
    "crystals": ({"loss": "crystal_mse"}, {"loss": "energy"}),
    "proteins": ({"loss": "mse"}, {"loss": "energy"}),
    "springs": (
        {"model": "springs"},
        {"model": "spline"},
        {"model": "springs", "part": "heat", "sticks": 4},
    ),
}
#: Measured by the clock, so never the same twice.
CLOCK = {
    "step_ms",
    "peak_memory_mib",
    "train_seconds",
    "eval_seconds",
    "sample_seconds",
    "fit_seconds",
}


def main() -> None:
    """Kill, compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for the studies")
    parser.add_argument("--only", choices=FIELDS, help="one experiment; others keep their results")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"of each experiment ({KILLS})")
    options = parser.parse_args()
    for name in [options.only] if options.only else FIELDS:
        shutil.rmtree(options.work / name, ignore_errors=True)
        draw = random.Random(f"{SEED} {name}")  # noqa: S311 - moments, no secrets
        found = killed(name, options.kills, options.work / name, draw)
        known = read_json(RESULTS) if RESULTS.exists() else {}
        known |= {
            name: {**found, "date": environment()["date"]},
            "command": "python benchmarks/kills.py --work DIR",
            "seed": SEED,
            "environment": environment(),
        }
        write_json(RESULTS, known)
        print(name, json.dumps(found, indent=1), flush=True)


def specs_of(name: str) -> list[Any]:
    """The runs of the tiny study."""
    kind = create("experiment", name).spec_type
    return [kind.from_dict({**FIELDS[name], **differing}) for differing in RUNS[name]]


def killed(name: str, kills: int, work: Path, draw: random.Random) -> dict[str, Any]:
    """Kill a study so many times; what was found."""
    specs_of(name)  # imports what the parents are forked with
    started = time.perf_counter()
    first = start(name, work / "calm")
    if ended(first):
        raise RuntimeError(f"the undisturbed study {name} failed")
    seconds = time.perf_counter() - started
    expected = content(work / "calm")
    victims = {"parent": 0, "worker": 0, "guard": 0}
    phases: dict[str, int] = {}
    orphans, torn, different, rounds, starts = 0, [], [], 1, 1
    out = work / f"killed-{rounds}"
    process = start(name, out)
    while (done := sum(victims.values())) < kills:
        kind = ("parent", "worker", "parent", "guard")[done % 4]
        begun = time.time()
        moment = time.perf_counter() + draw.random() * seconds
        while process.is_alive() and (
            time.perf_counter() < moment or not _of_kind(process.pid, kind)
        ):
            time.sleep(0.02)
        while done % WRITING == WRITING - 1 and process.is_alive() and not writing(out):
            time.sleep(0.0005)
        pids = _of_kind(process.pid, kind)
        if process.is_alive() and pids:
            below = descendants(process.pid)
            phase = phase_of(out, begun)
            try:
                os.kill(draw.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                continue  # ended by itself since it was looked up
            victims[kind] += 1
            torn += list(torn_files(out))
            phases[phase] = phases.get(phase, 0) + 1
            if kind != "parent":
                continue
            ended(process)
            orphans += _left(below)
        elif ended(process) == 0:
            different += differences(expected, content(out))
            rounds += 1
            out = work / f"killed-{rounds}"
        process = start(name, out)
        starts += 1
    # A run whose worker is lost twice in one study has failed; the same command makes it again.
    while ended(process):
        process = start(name, out)
        starts += 1
    different += differences(expected, content(out))
    torn += list(torn_files(out))
    litter = [str(p.relative_to(work)) for p in work.rglob(f"*{UNFINISHED}")]
    return {
        "kills": victims,
        "what the study was at": dict(sorted(phases.items())),
        "studies ended": rounds,
        "starts": starts,
        "torn files": torn,
        "set aside as corrupt": [str(p.relative_to(work)) for p in work.rglob("*.corrupt")],
        "unfinished files left": litter,
        "orphans": orphans,
        "files compared": len(expected),
        "different": different,
        "seconds undisturbed": round(seconds, 1),
    }


def start(name: str, out: Path) -> Any:
    """Start a study in a process forked from this one; what it prints is in a file beside."""
    out.mkdir(parents=True, exist_ok=True)
    process = multiprocessing.get_context("fork").Process(target=study, args=(name, out))
    process.start()
    return process


def study(name: str, out: Path) -> None:
    """Make the tiny study; the exit code is 1 if a run failed."""
    log = os.open(out.parent / f"{out.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.exit(bool(run_study(name, specs_of(name), out, workers=1, threads=1)["failed"]))


def ended(process: Any) -> int:
    """The exit code of a study, once it has ended."""
    process.join()
    return int(process.exitcode)


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


def writing(out: Path) -> list[str]:
    """Files of runs that are being written, progress aside."""
    files = [*(out / "runs").glob("*/*.tmp"), *(out / "runs").glob("*/.*.tmp")]
    return [p.name for p in files if not p.name.startswith(".progress")]


def phase_of(out: Path, since: float) -> str:
    """What the study is at, by the files of its runs."""
    if writing(out):
        return "writing a file"
    told = [p for p in (out / "runs").glob("*/progress.json") if p.stat().st_mtime > since]
    if not told:
        return "start-up"
    last = max(told, key=lambda p: p.stat().st_mtime)
    if (last.parent / "result.json").exists():
        return "between two runs"
    return str(read_json(last)["phase"])


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in CLOCK}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
