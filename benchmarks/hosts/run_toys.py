"""Train the toy hosts of the test suite before and after one line of configuration; write a log.

    python benchmarks/hosts/run_toys.py

Their sources are the files under plugins/*/tests/hosts, which know nothing of this library.
"""

import datetime as dt
import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks/results"
LIGHTNING = "plugins/lightning/tests/hosts"
HYDRA = "plugins/hydra/tests/hosts"
CALLBACK = "--trainer.callbacks+=pyg_energyloss_lightning.EnergyLossCallback"
#: host -> (script, its arguments, arguments after, environment after)
HOSTS = {
    "lightning.pytorch": (f"{LIGHTNING}/structure_host.py", [], [], "loss_fn=pair_energy"),
    "pytorch_lightning": (
        f"{LIGHTNING}/structure_host.py", ["--package", "pytorch_lightning"], [],
        "loss_fn=pair_energy",
    ),
    "fabric": (f"{LIGHTNING}/fabric_host.py", [], [], "loss_fn=pair_energy"),
    "lightning_cli": (
        f"{LIGHTNING}/cli_host.py", ["fit", "--config", f"{LIGHTNING}/cli.yaml"],
        ["--model.loss=pyg_energyloss.hosts.FlatLoss", CALLBACK], None,
    ),
    "graphgym": (
        f"{LIGHTNING}/graphgym_host.py", [f"{LIGHTNING}/graphgym.yaml"],
        ["model.loss_fun", "pair_energy"], None,
    ),
    "hydra": (
        f"{HYDRA}/hydra_host.py", [],
        ["+energyloss/flat@model.loss=pair_energy",
         "+energyloss/callback@callbacks.energyloss=lightning"], None,
    ),
}  # fmt: skip


def run(script, arguments, swap, log):
    """Run a host in a process of its own and return the figures it prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    shown = ""
    if swap is not None:
        environment["PYG_ENERGYLOSS_SWAP"] = swap
        shown = f"PYG_ENERGYLOSS_SWAP={shlex.quote(swap)} "
    log.write(f"$ {shown}python {script} {shlex.join(arguments)}\n")
    command = [sys.executable, str(ROOT / script), *absolute(arguments)]
    with tempfile.TemporaryDirectory() as folder:
        found = subprocess.run(  # noqa: S603 - the commands above
            command, capture_output=True, text=True, check=True, env=environment, cwd=folder
        )
    lines = [x for x in (found.stdout + found.stderr).splitlines() if x[:1] == "{" or "->" in x]
    log.write("\n".join(lines) + "\n\n")
    return json.loads(next(x for x in lines if x.startswith("{")))


def absolute(arguments):
    """Arguments that are files of this repository, from wherever the host runs."""
    return [str(ROOT / a) if a.endswith(".yaml") else a for a in arguments]


def main():
    results = {}
    with (RESULTS / "hosts_toys.log").open("w") as log:
        for name, (script, arguments, after, swap) in HOSTS.items():
            source = hashlib.sha256((ROOT / script).read_bytes()).hexdigest()[:12]
            before = run(script, arguments, None, log)
            energy = run(script, [*arguments, *after], swap, log)
            results[name] = {
                "host": script,
                "sha256": source,
                "before": round(before["distance_error"], 5),
                "after": round(energy["distance_error"], 5),
            }
            print(name, results[name]["before"], "->", results[name]["after"])
    names = ["torch", "torch-geometric", "lightning", "pytorch-lightning", "hydra-core"]
    document = {
        "what": "mean error of interatomic distances, Å or edge lengths, in random orientations",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, 1 thread",
        "seed": 0,
        "versions": {name: metadata.version(name) for name in names},
        "results": results,
    }
    (RESULTS / "hosts_toys.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
