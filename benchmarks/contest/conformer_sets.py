"""How well single predictions cover the conformers of drug-like molecules (COV and MAT)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rows import rows
from table_lines import head_lines, table_line
from torch import Tensor
from tqdm import tqdm

from pyg_energyloss.data.named import table
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.experiment import Measurement
from pyg_energyloss.experiments.structures.evaluation import inputs_of
from pyg_energyloss.experiments.structures.experiment import StructureExperiment
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.experiments.structures.training import StructureTraining
from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.files import read_json, write_json
from pyg_energyloss.metrics import Coverage
from pyg_energyloss.report.numbers import mean_sd

RESULT = Path(__file__).parents[1] / "results" / "contest_coverage.json"
TRACK = "gnn_druglike"
#: Metric, head, digits, factor.
COLUMNS = (
    ("cov_recall", "COV-R %", 1, 100.0),
    ("mat_recall", "MAT-R Å", 2, 1.0),
    ("cov_precision", "COV-P %", 1, 100.0),
    ("mat_precision", "MAT-P Å", 2, 1.0),
)

#: Up to ten conformers a molecule, none of which was trained on.
CONFORMERS = Path(__file__).parents[2] / "pyg_energyloss" / "data" / "embedded" / "druglike.npz"
#: Å, as the literature has it for drug-like molecules, heavy atoms.
THRESHOLD = 1.25


class CoverageExperiment(StructureExperiment[StructureSpec]):
    """Judges a trained network by sets of conformers: as many predictions as conformers."""

    def evaluate(
        self,
        training: StructureTraining,
        spec: StructureSpec,
        folder: Path,
        report: Callable[..., None],
    ) -> list[Measurement]:
        """COV and MAT over heavy atoms; each prediction starts from noise of its own."""
        del folder, report
        metric = Coverage(threshold=THRESHOLD)
        molecules = table(CONFORMERS)[spec.eval_split]
        for batch in inputs_of(molecules, training.task, graphs=spec.eval_graphs, level=None):
            batch.pos_mask = batch.z > 1  # the usual figures are over heavy atoms
            metric.update(training.network(batch), batch)
        found: dict[str, Tensor] = metric.compute()
        return [{"labels": {}, "values": {name: float(value) for name, value in found.items()}}]


def measure_coverage(work: Path) -> None:
    """Judge every drug-like run of the table whose weights are in the work folder; write JSON."""
    experiment, found = CoverageExperiment(), []
    for row in tqdm(rows("table"), unit="run"):
        if row["track"] != TRACK:
            continue
        spec = StructureSpec.from_dict(row["spec"])
        folder = work / "runs" / spec.key
        if not (folder / "weights.npz").exists():
            raise FileNotFoundError(
                f"the weights of {spec.title} must be in {folder}; the stage `druglike` of "
                "`python benchmarks/contest run` trains them"
            )
        result = experiment.run(spec, folder, lambda *_: None, {})
        values = result["measurements"][0]["values"] if result else {}
        found.append({"entry": row["entry"], "seed": spec.seed, "steps": spec.steps, **values})
    document = {
        "what": f"COV (within {THRESHOLD} A) and MAT over heavy atoms of {TRACK}, one prediction "
        "for each of up to ten conformers of the embedded test molecules of `druglike`",
        "runs": found,
        "environment": environment(),
    }
    write_json(RESULT, document)


def conformers() -> list[dict[str, Any]]:
    """Mean and s.d. over seeds of each loss."""
    found = read_json(RESULT)["runs"]
    return [
        {
            "entry": name,
            "seeds": len(of_name := [run for run in found if run["entry"] == name]),
            **{m: moments([run[m] for run in of_name], scale=f) for m, _, _, f in COLUMNS},
        }
        for name in dict.fromkeys(run["entry"] for run in found)
    ]


def conformer_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """A line for each loss."""
    yield from head_lines(["loss", "seeds", *(head for _, head, _, _ in COLUMNS)])
    for row in document["conformers"]:
        cells = [mean_sd(row[metric], digits) for metric, _, digits, _ in COLUMNS]
        yield table_line([f"`{row['entry']}`", str(row["seeds"]), *cells])
