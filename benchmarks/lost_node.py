"""A Ray cluster of two nodes loses one in mid-run: the figures are those of processes here.

    python benchmarks/lost_node.py --work DIR      (needs the extra ray)

Both nodes are processes on this machine. The node of the cluster that did not start the study is
killed with -9, its worker too, while a run is between a tenth and nine tenths of its steps.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

from kills import COMMON, content, differences, parents, study, torn_files

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import CorruptFileError, read_json, write_json

RESULTS = Path(__file__).with_name("results") / "lost_node.json"


def main() -> None:
    """Make the study twice, compare, write, print."""
    import ray
    from ray.cluster_utils import Cluster

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for the studies")
    work = parser.parse_args().work
    shutil.rmtree(work, ignore_errors=True)
    local, failed = work / "local", {}
    failed["local"] = study("compare", local, workers=2)
    # Its workers import this folder's modules, as those of any driver.
    os.environ["PYTHONPATH"] = f"{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        node = cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
        nodes = sum(found["Alive"] for found in ray.nodes())
        killer = Killer(node.all_processes["raylet"][0].process.pid, work / "ray")
        failed["ray"] = killer.watch()
        nodes_left = sum(found["Alive"] for found in ray.nodes())
    finally:
        ray.shutdown()
        cluster.shutdown()
    runs = [path.parent.name for path in (work / "ray" / "runs").glob("*/result.json")]
    document = {
        "command": "python benchmarks/lost_node.py --work DIR",
        "seed": 0,
        "ray": ray.__version__,
        "nodes before and after": [nodes, nodes_left],
        "killed in": killer.killed,
        "failed": failed,
        "runs": sorted(runs),
        "files compared": len(content(local)),
        "different": differences(content(local), content(work / "ray")),
        "torn files": list(torn_files(work / "ray")),
        "environment": environment(),
    }
    write_json(RESULTS, document)
    print(json.dumps(document, indent=1))


class Killer:
    """Ends a node, once, when a run of its is well under way.

    Args:
        raylet: The node's process; the workers are its children.
        out: Folder of the study.
    """

    def __init__(self, raylet: int, out: Path) -> None:
        self.raylet, self.out = raylet, out
        self.killed: dict[str, Any] = {}

    def watch(self) -> dict[str, str]:
        """Make the study with Ray and look at it meanwhile; return what failed."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(study, "compare", self.out, executor="ray")
            while not future.done():
                if not self.killed:
                    self._look()
            return future.result()

    def _look(self) -> None:
        above, steps = parents(), COMMON["steps"]
        for holder in (self.out / "runs").glob("*/.holder.json"):
            try:
                pid = read_json(holder)["pid"]
                progress = read_json(holder.parent / "progress.json")
            except (FileNotFoundError, CorruptFileError):
                continue
            inside = 0.1 * steps < progress["step"] < 0.9 * steps
            if above.get(pid) == self.raylet and progress["steps"] == steps and inside:
                os.kill(self.raylet, signal.SIGKILL)
                os.kill(pid, signal.SIGKILL)
                self.killed = {"run": holder.parent.name, "step": progress["step"]}
                return


if __name__ == "__main__":
    main()
