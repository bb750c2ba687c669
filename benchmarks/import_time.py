"""How much longer `import pyg_energyloss` takes than `import torch_geometric`; writes JSON.

python benchmarks/import_time.py
"""

import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
STATEMENTS = {
    "torch_geometric": "import torch_geometric",
    "torch_geometric, then pyg_energyloss": "import torch_geometric, pyg_energyloss",
    "pyg_energyloss": "import pyg_energyloss",
    "first lookup by name": "import pyg_energyloss; pyg_energyloss.registry.names('loss')",
    "first loss": "import pyg_energyloss; pyg_energyloss.PairEnergyLoss()",
}


def seconds(statement):
    """Time of a fresh interpreter that runs a statement."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", statement], check=True)  # noqa: S603 - the statements above
    return time.perf_counter() - started


def main():
    for statement in STATEMENTS.values():  # fill the disk cache and write byte code
        seconds(statement)
    rounds = [{name: seconds(code) for name, code in STATEMENTS.items()} for _ in range(7)]
    empty = statistics.median(seconds("pass") for _ in range(5))
    found = {n: round(statistics.median(r[n] for r in rounds) - empty, 3) for n in STATEMENTS}
    extra = found["torch_geometric, then pyg_energyloss"] - found["torch_geometric"]
    document = {
        "what": "seconds, median of 7 fresh processes, an empty one subtracted",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "seed": None,
        "versions": {n: metadata.version(n) for n in ("torch", "torch-geometric")},
        "results": found,
        "extra over torch_geometric": round(extra, 3),
    }
    (RESULTS / "import_time.json").write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
