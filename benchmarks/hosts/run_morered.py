"""Train MoreRed with its own loss and with the pair energy, its source unchanged, and compare.

    python benchmarks/hosts/run_morered.py --python VENV/bin/python --work DIR

The environment has SchNetPack's git head, MoreRed, pyg-energyloss, pyg-energyloss-hydra; see
docs/hosts/morered.md. Writes a log of the commands and their figures, and JSON.
"""

import argparse
import datetime as dt
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "results"
#: MoreRed as its README trains it, at a size for a CPU; the same line before and after.
BASE = """
experiment=vp_gauss_ddpm data=custom +data.datapath={work}/qm9.db +data.distance_unit=Ang
data.num_train=1500 data.num_val=100 data.num_test=400 data.batch_size=32 data.num_workers=0
data.pin_memory=false ~callbacks.sampling ~callbacks.early_stopping globals.n_atom_basis=64
globals.lr=1e-3 trainer.accelerator=cpu trainer.max_epochs={epochs} +seed={seed}
trainer.enable_model_summary=false +trainer.enable_progress_bar=false print_config=false
logger.tensorboard._target_=pytorch_lightning.loggers.CSVLogger
+callbacks.structure._target_=structure_errors.StructureErrors
+callbacks.structure.path={work}/{name}_{seed}.json
+callbacks.structure.noise_schedule=${{globals.noise_schedule}}
run.work_dir={work} run.id={name}_{seed}
"""
VARIANTS = {
    "mse": [],
    "energy": ["+eloss=morered"],
    "kabsch": ["+eloss=morered", "task.outputs.0.loss_fn.loss=kabsch",
               "~task.outputs.0.loss_fn.options.stiffness"],
}  # fmt: skip


class Log:
    """A log in which folders of this machine have short names."""

    def __init__(self, path, names):
        self.path = path
        self.names = names
        path.write_text("")

    def write(self, text):
        """Append a text."""
        for folder, name in self.names.items():
            text = text.replace(str(folder), name)
        with self.path.open("a") as stream:
            stream.write(text)


def call(command, log, **environment):
    """Run a command, write it and the end of its output into the log; stop if it fails."""
    print("$", shlex.join(command))
    log.write(f"$ {shlex.join(command)}\n")
    started = time.perf_counter()
    found = subprocess.run(  # noqa: S603 - the commands above
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    seconds = time.perf_counter() - started
    lines = [x for x in (found.stdout + found.stderr).splitlines() if x.strip() and "░" not in x]
    log.write("\n".join(lines[-12:]) + f"\n[exit {found.returncode}, {seconds:.0f} s]\n\n")
    if found.returncode:
        sys.exit(f"failed; see {log.path}")
    return seconds


def averaged(found):
    """Mean and standard deviation over seeds of each error, by diffusion time."""
    runs = [one["test"] for one in found.values()]
    table = {}
    for times in runs[0]:
        for key in ("pair_distance_mae", "bond_length_mae"):
            values = [one[times][key] for one in runs]
            spread = statistics.stdev(values) if len(values) > 1 else None
            table.setdefault(times, {})[key] = [statistics.mean(values), spread]
    return table


def versions(python):
    """Versions of what was used, as the host's environment reports them."""
    names = ["torch", "schnetpack", "morered", "pytorch-lightning", "hydra-core", "pyg-energyloss"]
    code = f"import importlib.metadata as m; print(*(m.version(n) for n in {names!r}))"
    found = subprocess.run(  # noqa: S603 - the line above
        [python, "-c", code], capture_output=True, text=True, check=True
    )
    return dict(zip(names, found.stdout.split(), strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="python of the host's environment")
    parser.add_argument("--work", type=Path, required=True, help="folder for data and runs")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--variants", nargs="+", default=["mse", "energy"], choices=VARIANTS)
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    environment = {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(HERE),
        # MoreRed reads its own best model back with torch.load as it was before torch 2.6.
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
    }
    results = {name: {} for name in options.variants}
    bin_folder = Path(options.python).absolute().parent
    main_folder = Path(sys.prefix).resolve()
    names = {work: "WORK", bin_folder.parent: "VENV", main_folder: "MAIN", HERE.parents[1]: "REPO"}
    log = Log(RESULTS / "hosts_morered.log", names)
    if not (work / "qm9.db").exists():
        call([options.python, str(HERE / "morered_data.py"), str(work / "qm9.db")], log)
    for seed in options.seeds:
        for name in options.variants:
            line = BASE.format(work=work, epochs=options.epochs, name=name, seed=seed)
            command = [str(bin_folder / "mrdtrain"), *line.split(), *VARIANTS[name]]
            seconds = call(command, log, **environment)
            errors = json.loads((work / f"{name}_{seed}.json").read_text())
            results[name][f"seed {seed}"] = {"seconds": round(seconds), "test": errors}
            log.write(json.dumps(errors, indent=2) + "\n\n")
    document = {
        "what": "MoreRed trained with its own loss and with the pair energy; its source unchanged",
        "errors": "Å, median over test molecules of the mean error of x0 from predicted noise",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, 1 thread",
        "seeds": options.seeds,
        "mean over seeds": {name: averaged(found) for name, found in results.items()},
        "epochs": options.epochs,
        "versions": versions(options.python),
        "results": results,
    }
    (RESULTS / "hosts_morered.json").write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
