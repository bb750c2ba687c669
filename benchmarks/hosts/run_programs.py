"""Run public programs as they are, with and without the line, and write what was seen.

    python benchmarks/hosts/run_programs.py WORK                      all programs, all kinds
    python benchmarks/hosts/run_programs.py WORK midi --seeds 0 --kinds on
    python benchmarks/hosts/run_programs.py WORK midi --kinds --mistakes    only the wrong lines

WORK has ``checkouts/NAME``, ``data/NAME`` (from ``energyloss export``) and pairs of environments
``envs/NAME/{plain,with}``; programs.toml says which program wants what. Kinds of runs: plain, this
library not installed; off, installed and not switched on; on. A run that was made is not repeated.
The files of a checkout are hashed before and after: nothing of a program is touched.
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULT = HERE.parent / "results/hosts_programs.json"
KINDS = ("plain", "off", "on")
LINE = ("swap", "launcher", "arguments", "fields")
LIMIT = 900
ERROR = r"^(\w+\.)*\w*(Error|Exception)\b|^[\w. ]+: error: |^In '.*': Could not|^Could not "
EMPTY = {"fits": [], "calls": []}
#: Imported once for all runs of a program.
PRELOAD = (
    "torch", "torch_geometric", "numpy", "pandas", "rdkit.Chem.AllChem", "scipy.spatial",
    "torchmetrics", "wandb", "hydra",
)  # fmt: skip


def programs():
    """What programs.toml says."""
    return tomllib.loads((HERE / "programs.toml").read_text())


def line_of(program):
    """The line of configuration as a user writes it."""
    words = [program.get("launcher", ""), program["program"].split()[0], "..."]
    if program["program"].startswith("-m"):
        words[1] = " ".join(program["program"].split()[:2])
    before = f'PYG_ENERGYLOSS_SWAP="{program["swap"]}" ' if "swap" in program else ""
    fields = program.get("fields", {})
    after = [program.get("arguments", ""), *(f"[fields] {k} = {v!r}" for k, v in fields.items())]
    shown = " ".join(["python", *words, *after]).split()
    return before + " ".join(Path(w).name if w.startswith("{") else w for w in shown)


class Runs:
    """Runs of one program in a folder of work."""

    def __init__(self, work, name, program):
        self.work, self.name, self.program = work.resolve(), name, program
        self.checkout = self.work / "checkouts" / program.get("checkout", name)
        (self.work / "runs").mkdir(exist_ok=True)

    def source(self):
        """SHA-256 over the program's own files."""
        found = hashlib.sha256()
        kinds = (".py", ".yaml", ".yml", ".toml")
        for path in sorted(self.checkout.resolve().rglob("*")):
            inside = path.relative_to(self.checkout.resolve()).parts
            if path.suffix in kinds and not {"outputs", "lightning_logs", "runs"} & set(inside):
                found.update(path.read_bytes())
        return found.hexdigest()

    def jobs(self, wanted):
        """Run the program for some (kind, run, seed, line), and return how each ended."""
        program = self.program
        folder = self.checkout / program.get("folder", ".")
        folder.mkdir(exist_ok=True)
        jobs = [self.job(folder, *one) for one in wanted]
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "WANDB_MODE": "disabled",
            "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
            "PYTHONPATH": ":".join(
                str(self.checkout / self.filled(p, "", 0)) for p in program.get("path", [])
            ),
            "PYTHONWARNINGS": "ignore",
        }
        environment.pop("PYG_ENERGYLOSS_SWAP", None)
        path = self.work / "runs" / f"{self.name}.jobs"
        preload = [*PRELOAD, *program.get("preload", [])]
        path.write_text(json.dumps({"preload": preload, "jobs": jobs}))
        python = self.work / "envs" / program["environment"] / "plain/bin/python"
        subprocess.run(  # noqa: S603 - the commands of programs.toml
            [python, HERE / "driver.py", path],
            cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return [
            (end, Path(job["log"]).read_text(errors="replace"), job["report"])
            for end, job in zip(json.loads(path.read_text()), jobs, strict=True)
        ]

    def filled(self, text, run, seed):
        """A text of programs.toml with its placeholders filled; paths in the checkout."""
        return text.format(
            run=run,
            seed=seed,
            data=self.work / "data" / self.program.get("data", self.name),
            checkout=self.checkout,
            work=self.work,
            stand_in=HERE / "stand_in",
            config=self.work / "runs" / f"{run}.yaml",
        )

    def job(self, folder, kind, run, seed, line):
        """What the driver is to run."""
        program = self.program
        for leftover in program.get("remove", []):
            shutil.rmtree(folder / self.filled(leftover, run, seed), ignore_errors=True)
        environment = {k: self.filled(v, run, seed) for k, v in program.get("environ", {}).items()}
        config = HERE / "configs" / f"{self.name}.yaml"
        if config.exists():
            filled = config.read_text().replace("{data}", str(self.work / "data" / self.name))
            filled = filled.replace("{run}", str(self.work / "runs" / run))
            (self.work / "runs" / f"{run}.yaml").write_text(filled)
        line = line if kind == "on" else {}
        if "swap" in line:
            environment["PYG_ENERGYLOSS_SWAP"] = line["swap"]
        if "fields" in line:
            config = self.work / "runs" / f"{run}.fields.json"
            config.write_text(json.dumps({"fields": line["fields"]}))
            environment["PYG_ENERGYLOSS_HOST_CONFIG"] = str(config)
        text = f"{line.get('launcher', '')} {program['program']} {line.get('arguments', '')}"
        report = self.work / "runs" / f"{run}.seen.json"
        report.unlink(missing_ok=True)
        site = self.work / "envs" / program["environment"] / "with/lib"
        return {
            # This library, installed beside the program's requirements, or not.
            "site": "" if kind == "plain" else str(next(site.glob("python*")) / "site-packages"),
            "report": str(report),
            "log": str(self.work / "runs" / f"{run}.log"),
            "seed": seed,
            "options": shlex.split(self.filled(program.get("driver", ""), run, seed)),
            "environment": environment,
            "limit": LIMIT,
            "program": shlex.split(self.filled(text, run, seed)),
        }

    def run(self, kinds, seeds, mistakes, again):
        """Trainings that are still to do, and wrong lines; returns what the latter said."""
        right = {k: self.program[k] for k in LINE if k in self.program}
        lines = {name: self.program["mistakes"][name] for name in mistakes}
        wanted = [
            (kind, f"{self.name}_{kind}_{seed}", seed, right)
            for kind in kinds
            # What is bitwise once is bitwise always: one seed is enough for it.
            for seed in (seeds[:1] if kind == "off" else seeds)
            if again or not (self.work / "runs" / f"{self.name}_{kind}_{seed}.json").exists()
        ] + [
            ("on", f"{self.name}_mistake_{name.replace(' ', '_')}", 0, right | line)
            for name, line in lines.items()
        ]
        if not wanted:
            return {}
        before, told = self.source(), {}
        ended = self.jobs(wanted)
        untouched = self.source() == before
        names = iter(lines.items())
        for (kind, run, seed, _), (end, printed, report) in zip(wanted, ended, strict=True):
            if "_mistake_" in run:
                name, line = next(names)
                said = last_error(printed)
                told[name] = {"line": line_of({**self.program, **line}), **end, "stops_with": said}
                print(run, end, said, flush=True)
                continue
            seen = json.loads(Path(report).read_text()) if Path(report).exists() else EMPTY
            fit = seen["fits"][0] if seen["fits"] else {}
            found = {
                **end,
                "steps": fit.get("steps"),
                "parameters": fit.get("parameters"),
                "weights": fit.get("weights") or seen.get("weights"),
                "metrics": {
                    shown: metric(what, fit, printed, seen, kind)
                    for shown, what in self.program["metrics"].items()
                },
                "calls": seen["calls"],
                "source": before,
                "source_untouched": untouched,
            }
            if end["exit"] == 0:
                (self.work / "runs" / f"{run}.json").write_text(json.dumps(found, indent=2) + "\n")
            print(run, seed, end, found["metrics"], flush=True)
        return told


def metric(what, fit, printed, seen, kind):
    """One number of the host's own."""
    if what.startswith("re:"):
        found = re.findall(what.removeprefix("re:"), printed)
        return float(found[-1]) if found else None
    if what.startswith("json:"):
        path, _, key = what.removeprefix("json:").partition("#")
        return json.loads(Path(path).read_text())[key]
    if what.startswith("own:") and kind == "on":
        values = seen.get("own", [])[-int(what.split(":")[1]) :]
        return statistics.fmean(values) if values else None
    if what.startswith("own:"):
        found = re.findall(what.split(":", 2)[2], printed)
        return float(found[-1]) if found else None
    metrics = {**fit.get("metrics", {}), **fit.get("after", {}), **fit.get("own_loss", {})}
    return metrics.get(what)


def last_error(printed):
    """The last error that a program printed: from its name to the end of the message."""
    lines = [line.rstrip() for line in printed.replace("\r", "\n").splitlines() if line.strip()]
    starts = [
        i for i, line in enumerate(lines)
        if re.match(ERROR, line)
    ]  # fmt: skip
    said = " ".join(" ".join(lines[starts[-1] : starts[-1] + 5]).split()) if starts else ""
    for tail in (" Set the environment variable HYDRA_FULL_ERROR", " Config search path:"):
        said = said.partition(tail)[0]
    return said[:900] or None


def summary(program, runs, mistakes):
    """One program's entry: what it is, all its runs, and the figures of the table."""
    seeds = sorted({key.split("_")[1] for key in runs})
    plain, off = runs.get("plain_0", {}).get("weights"), runs.get("off_0", {}).get("weights")
    calls = [call for run in runs.values() for call in run["calls"]]
    metrics = {}
    for shown in program["metrics"]:
        pair = {}
        for label, kind in (("before", "plain"), ("after", "on")):
            values = [runs[f"{kind}_{s}"]["metrics"][shown] for s in seeds if f"{kind}_{s}" in runs]
            values = [v for v in values if v is not None]
            spread = statistics.stdev(values) if len(values) > 1 else None
            pair[label] = {"mean": statistics.fmean(values) if values else None, "sd": spread}
        metrics[shown] = pair
    return {
        "repository": program["repository"],
        "commit": program["commit"],
        "line": line_of(program),
        "program": f"python {program['program']}",
        "note": program.get("note", ""),
        "seeds": sorted({key.split("_")[1] for key in runs if key.startswith("on")}),
        "source_untouched": all(run["source_untouched"] for run in runs.values()),
        "source": sorted({run["source"] for run in runs.values()}),
        "off_is_bitwise_the_hosts_own": plain == off if plain and off else None,
        "largest_relative_difference": max((c["relative"] for c in calls), default=None),
        "gradients_finite": all(c["gradient_finite"] for c in calls) if calls else None,
        "metrics": metrics,
        "mistakes": mistakes,
        "runs": runs,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("names", nargs="*", help="programs; all if none is named")
    parser.add_argument("--kinds", nargs="*", default=["plain", "on", "off"], choices=KINDS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--mistakes", nargs="*", help="wrong lines; all of them if none is named")
    parser.add_argument("--again", action="store_true", help="repeat what was already run")
    options = parser.parse_args()
    known = programs()
    for name in options.names or known:
        program = known[name]
        runs = Runs(options.work, name, program)
        kept = read()["programs"].get(name, {})
        mistakes = kept.get("mistakes", {})
        wrong = program.get("mistakes", {}) if options.mistakes == [] else options.mistakes or []
        mistakes |= runs.run(options.kinds, options.seeds, wrong, options.again)
        found = {
            p.stem.removeprefix(f"{name}_"): json.loads(p.read_text())
            for kind in KINDS
            for p in sorted((runs.work / "runs").glob(f"{name}_{kind}_[0-9].json"))
        }
        everything = read()["programs"] | {name: summary(program, found, mistakes)}
        write({"programs": dict(sorted(everything.items()))})


def read():
    """What was found so far."""
    return json.loads(RESULT.read_text()) if RESULT.exists() else {"programs": {}}


def write(document):
    """The JSON, with a head that says what it is."""
    head = {
        "what": "public programs, source unchanged, one line of configuration: the host's own "
        "metric after a short training with its loss and with ours; the first calls of our loss "
        "beside a double loop in float64 on the tensors that the program passed; wrong lines",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, shared 2 cores, 1 thread; times are not to be compared",
        "data": "molecules of qm9_small, written by energyloss export; egnn: its own simulations; "
        "diffcsp: 200 crystals of perov_5 a split; boltz: fragments of 1CRN and 5ugo",
    }
    RESULT.write_text(json.dumps({**head, "programs": document["programs"]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
