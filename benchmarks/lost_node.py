"""A Ray cluster of two nodes loses one in mid-run: the figures are those of processes here.

    python benchmarks/lost_node.py --work DIR      (needs the extra ray)

The command line makes one comparison twice, with --executor local and --executor ray. Both nodes
of the cluster are processes on this machine; the one that did not start the study is killed with
-9, its worker too, while a run is between a tenth and nine tenths of its steps.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from kills import content, differences, parents, torn_files

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import CorruptFileError, read_json, write_json

RESULTS = Path(__file__).with_name("results") / "lost_node.json"
COMMAND = ("compare", "--quick", "--models", "gnn", "--losses", "mse,energy", "--seeds", "2")


def main() -> None:
    """Make the comparison twice, look for differences, write, print."""
    import ray
    from ray.cluster_utils import Cluster

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for the studies")
    work = parser.parse_args().work
    shutil.rmtree(work, ignore_errors=True)
    local, lost = work / "local", work / "ray"
    ended = {"local": energyloss(local, "local").wait()}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        node = cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
        nodes = sum(found["Alive"] for found in ray.nodes())
        killer = Killer(node.all_processes["raylet"][0].process.pid, lost)
        ended["ray"] = killer.watch(energyloss(lost, "ray", RAY_ADDRESS=cluster.address))
        nodes_left = sum(found["Alive"] for found in ray.nodes())
    finally:
        ray.shutdown()
        cluster.shutdown()
    studies = {"local": read_json(local / "results.json"), "ray": read_json(lost / "results.json")}
    document = {
        "command": "python benchmarks/lost_node.py --work DIR",
        "study": " ".join(["energyloss", *COMMAND, "--executor", "ray"]),
        "seeds": [0, 1],
        "ray": ray.__version__,
        "nodes before and after": [nodes, nodes_left],
        "killed in": killer.killed,
        "exit codes": ended,
        "failed": {name: found["failed"] for name, found in studies.items()},
        "runs": {name: len(found["runs"]) for name, found in studies.items()},
        "folders of runs": len(list((lost / "runs").glob("*/result.json"))),
        "files compared": len(content(local)),
        "different": differences(content(local), content(lost)),
        "torn files": list(torn_files(lost)),
        "environment": environment(),
    }
    write_json(RESULTS, document)
    print(json.dumps(document, indent=1))


def energyloss(out: Path, executor: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start the comparison as a user does; what it says goes to a file beside ``out``."""
    out.parent.mkdir(parents=True, exist_ok=True)
    where = ["--workers", "2", "--executor", executor, "--out", str(out)]
    with (out.parent / f"{executor}.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "pyg_energyloss", *COMMAND, *where],
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
        )


class Killer:
    """Ends a node, once, when a run of its is well under way.

    Args:
        raylet: The node's process; the workers are its children.
        out: Folder of the study.
    """

    def __init__(self, raylet: int, out: Path) -> None:
        self.raylet, self.out = raylet, out
        self.killed: dict[str, Any] = {}

    def watch(self, process: subprocess.Popen[bytes]) -> int:
        """Look at the study until it ends; return its exit code."""
        while process.poll() is None:
            if not self.killed:
                self._look()
            time.sleep(0.01)
        return process.returncode

    def _look(self) -> None:
        above = parents()
        for holder in (self.out / "runs").glob("*/.holder.json"):
            try:
                pid = read_json(holder)["pid"]
                progress = read_json(holder.parent / "progress.json")
            except (FileNotFoundError, CorruptFileError):
                continue
            inside = 0.1 < progress["step"] / max(1, progress["steps"]) < 0.9
            if above.get(pid) == self.raylet and progress["phase"] == "training" and inside:
                os.kill(self.raylet, signal.SIGKILL)
                os.kill(pid, signal.SIGKILL)
                self.killed = {"run": holder.parent.name, "step": progress["step"]}
                return


if __name__ == "__main__":
    main()
