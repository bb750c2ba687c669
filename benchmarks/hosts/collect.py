"""Put the reports of `driver.py` into one JSON: which program, which commit, what was seen.

    python benchmarks/hosts/collect.py RUNS CHECKOUTS

RUNS has ``HOST_KIND_SEED.json`` with KIND plain (this library not installed), off (installed, not
switched on) and on; CHECKOUTS has ``HOST.json`` with repository, commit and command.
"""

import datetime as dt
import json
import platform
import sys
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results"


def report(path):
    """One run: its weights, the host's own metrics, our loss beside own loops."""
    found = json.loads(path.read_text())
    fit = found["fits"][0] if found["fits"] else {}
    return {
        "finished": bool(fit or found.get("weights")),
        "steps": fit.get("steps"),
        "weights": fit.get("weights") or found.get("weights"),
        "metrics": fit.get("after") or fit.get("metrics"),
        "calls": found["calls"],
    }


def main():
    runs, checkouts = Path(sys.argv[1]), Path(sys.argv[2])
    programs = {}
    for about in sorted(checkouts.glob("*.json")):
        name = about.stem
        found = {p.stem.removeprefix(f"{name}_"): report(p) for p in runs.glob(f"{name}_*_*.json")}
        plain, off = (found.get(f"{kind}_0", {}).get("weights") for kind in ("plain", "off"))
        calls = [call for run in found.values() for call in run["calls"]]
        programs[name] = json.loads(about.read_text()) | {
            "off_is_bitwise_the_hosts_own": plain == off if plain and off else None,
            "largest_relative_difference": max((c["relative"] for c in calls), default=None),
            "gradients_finite": all(c["gradient_finite"] for c in calls) if calls else None,
            "runs": found,
        }
    document = {
        "what": "public programs, source unchanged, one line of configuration; the first calls of "
        "our loss beside a double loop in float64 on the tensors that the program passed",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, shared 2 cores, 1 thread",
        "data": "molecules of qm9_small, written by pyg_energyloss.hosts.export",
        "programs": programs,
    }
    (RESULTS / "hosts_programs.json").write_text(json.dumps(document, indent=2) + "\n")
    for name, one in programs.items():
        shown = {k: v for k, v in one.items() if k not in ("runs", "command")}
        print(name, json.dumps(shown), {k: r["finished"] for k, r in one["runs"].items()})


if __name__ == "__main__":
    main()
