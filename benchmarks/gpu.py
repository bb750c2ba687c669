"""Everything that is to be known of a CUDA device, in one command: tests, speed, a training.

    make gpu                          (under ten minutes; needs torch, PyG, scipy, pluggy)
    python benchmarks/gpu.py --only complete_3000 lddt_20016

Every row is one way to compute one case, in a process that is replaced when a row breaks it: an
error, a crash or too little memory is a row and not the end. Values and gradients are compared with
the same case in float64. With CUDA the rows go to benchmarks/results/gpu.json. Without CUDA the
same cases run small, in Triton's interpreter where Triton is installed, and go to
runs/gpu_interpreter.json: that says whether the kernels are right, and nothing about their speed.
There the rows of ours come first, and what `torch.compile` makes for a CPU is left out.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from gpu_cases import CASES
from gpu_rows import Row, solve

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ROOT / "benchmarks" / "results" / "gpu.json"
INTERPRETED = ROOT / "runs" / "gpu_interpreter.json"
#: Seconds for everything, and of these what is kept for the tests.
BUDGET = {"cuda": (570.0, 220.0), "cpu": (570.0, 300.0)}
#: Seconds for one row at most.
LONGEST = 100.0
TESTS = "tests"
COLUMNS = ("case", "way", "engine", "ms", "times_ours", "mib", "value_error", "gradient_error")


def device_of() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def worker_environment() -> dict[str, str]:
    here = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    path = {"PYTHONPATH": os.pathsep.join(part for part in here if part)}
    return {**os.environ, **path} | ({} if device_of() == "cuda" else {"TRITON_INTERPRET": "1"})


def work() -> None:
    """Compute the rows that are named on the input, one by one, until one breaks the process."""
    for line in sys.stdin:
        case, way = json.loads(line)
        print(json.dumps(solve(case, way, device_of())), flush=True)
        if device_of() == "cuda":
            torch.cuda.synchronize()  # an error of the device stays: the next row needs a new one


class Worker:
    """A process that computes rows.

    >>> Worker().ask("complete_3000", "ours", 100.0)
    """

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this script again
            [sys.executable, __file__, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=worker_environment(),
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        for stream, use in ((self.process.stdout, self._answer), (self.process.stderr, self._say)):
            threading.Thread(target=use, args=(stream,), daemon=True).start()

    def _answer(self, stream: Iterator[str]) -> None:
        for line in stream:
            self.lines.put(line)
        self.lines.put("")  # the end

    def _say(self, stream: Iterator[str]) -> None:
        for line in stream:
            self.said.append(line)

    def ask(self, case: str, way: str, seconds: float) -> Row | None:
        """The row, or None if the process did not give one; it is then at its end."""
        try:
            print(json.dumps([case, way]), file=self.process.stdin, flush=True)
            line = self.lines.get(timeout=seconds)
        except (BrokenPipeError, queue.Empty):
            line = ""
        if line.startswith("{"):
            return json.loads(line)
        self.close()
        return None

    def why(self) -> str:
        """The last line of its errors, or how it ended."""
        text = [line.strip() for line in self.said if line.strip()]
        return text[-1] if text else f"ended with status {self.process.returncode}"

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def ways_of(cases: list[str]) -> list[tuple[str, str]]:
    """The rows of cases: without a GPU first those that say whether our kernels are right."""
    rows = [(case, way) for case in cases for way in CASES[case].ways]
    if device_of() == "cuda":
        return rows
    return sorted((row for row in rows if row[1] != "compiled"), key=lambda row: row[1] != "ours")


def rows_of(cases: list[str], deadline: float) -> Iterator[Row]:
    worker: Worker | None = None
    for case, way in ways_of(cases):
        left = min(LONGEST, deadline - time.monotonic())
        if left <= 0:
            yield {"case": case, "way": way, "error": "left out: no time was left"}
            continue
        worker = worker or Worker()
        row = worker.ask(case, way, left)
        if row is None:
            late = "" if worker.process.returncode != -9 else f"no answer in {left:.0f} s; "
            yield {"case": case, "way": way, "error": late + worker.why()}
            worker = None
        else:
            yield row
            if "error" in row:  # which may stay in its device, or hold memory
                worker.close()
                worker = None
    if worker is not None:
        worker.close()


def run_tests(seconds: float) -> Row:
    """The tests that are marked for a GPU; without one those of Triton's interpreter."""
    row: Row = {"case": TESTS, "way": "pytest -m gpu"}
    if find_spec("pytest") is None:
        return row | {"error": "pytest is not installed"}
    files = [path for path in ROOT.glob("tests/**/test_*.py") if "mark.gpu" in path.read_text()]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            [*command, *map(str, sorted(files))],
            cwd=ROOT,
            env=worker_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as late:
        partly = late.stdout or b""
        progress = (partly.decode() if isinstance(partly, bytes) else partly).split("\n")[-2:]
        return row | {"error": f"not finished in {seconds:.0f} s", "progress": progress}
    lines = done.stdout.strip().splitlines() or [done.stderr.strip()[-300:]]
    counts = {
        word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", lines[-1])
    }
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    if failed:
        row["failures"] = failed
    return row | (counts or {"error": lines[-1]})


def all_rows(names: list[str], seconds: float) -> Iterator[Row]:
    deadline = time.monotonic() + seconds
    kept = BUDGET[device_of()][1] if TESTS in names else 0.0
    yield from rows_of([name for name in names if name != TESTS], deadline - kept)
    if TESTS in names:
        yield run_tests(deadline - time.monotonic())


def with_ratios(rows: list[Row]) -> list[Row]:
    """The rows with how many times the time of ours each takes."""
    ours = {row["case"]: row["ms"] for row in rows if row["way"] == "ours" and "ms" in row}
    return [
        row | {"times_ours": round(row["ms"] / ours[row["case"]], 2)}
        if "ms" in row and row["case"] in ours
        else row
        for row in rows
    ]


def shown(row: Row) -> str:
    others = {k: v for k, v in row.items() if k not in COLUMNS}
    cells = [
        f"{row.get(name, ''):.4g}" if isinstance(row.get(name), float) else str(row.get(name, ""))
        for name in COLUMNS
    ]
    widths = (22, 16, 8, 10, 10, 9, 11, 14)
    line = " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{line} {json.dumps(others) if others else ''}".rstrip()


def describe() -> dict[str, Any]:
    triton = importlib.import_module("triton").__version__ if find_spec("triton") else None
    found: dict[str, Any] = {**environment(), "triton": triton, "torch_cuda": torch.version.cuda}
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        found["device"] = {
            "name": properties.name,
            "capability": f"{properties.major}.{properties.minor}",
            "memory_gib": round(properties.total_memory / 2**30, 1),
            "multiprocessors": properties.multi_processor_count,
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--only", nargs="+", choices=[TESTS, *CASES], default=[TESTS, *CASES])
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work()
        return
    if device_of() == "cpu":
        how = "Triton's interpreter" if find_spec("triton") else "the CPU's engine (no Triton)"
        print(f"No CUDA device: small cases in {how}. These figures say nothing about a GPU.\n")
    out = options.out or (MEASURED if device_of() == "cuda" else INTERPRETED)
    head = {"on": device_of(), "environment": describe(), "seed": 0}
    print(shown({name: name for name in COLUMNS}))
    rows: list[Row] = []
    for row in all_rows(options.only, options.seconds or BUDGET[device_of()][0]):
        rows = with_ratios([*rows, row])
        print(shown(rows[-1]), flush=True)
        write_json(out, {**head, "rows": rows})  # whatever ends this, what was measured is there
    print(f"\n{out}")
    wrong = [row for row in rows if row.get("failed") or row.get("wrong")]
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
