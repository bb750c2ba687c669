"""From the results of runs to the document that the report renders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.experiment import AnyExperiment
from pyg_energyloss.experiments.plots import section
from pyg_energyloss.experiments.spec import Spec
from pyg_energyloss.experiments.summary import Labelled, mean_of, summarise
from pyg_energyloss.report.document import Column, Document, Row, Section

#: Of every run, beside what the experiment measures.
OF_RUN = ("step_ms", "peak_memory_mib", "train_seconds", "parameters")


def make_document(
    experiment: AnyExperiment,
    specs: Sequence[Spec],
    results: Mapping[str, Mapping[str, Any]],
    errors: Mapping[str, str],
    *,
    out: Path,
    command: str = "",
    whole: bool = True,
) -> Document:
    """Summarise what is finished.

    Args:
        experiment: Of the study.
        specs: All runs of the study.
        results: Name of a folder -> its result.json, for the finished ones, baselines included.
        errors: Name of a folder -> what went wrong.
        out: The study's folder.
        command: What was typed.
        whole: Whether plots and pictures are made too; they take a while.
    """
    finished = [spec for spec in specs if spec.key in results]
    lost = [spec for spec in specs if spec.key in errors]
    columns = list(experiment.columns)
    rows = summarise(
        [m for spec in finished for m in labelled(spec, results[spec.key])],
        columns,
        [(spec.labels, str(spec.seed)) for spec in lost],
    )
    others = [m for r in results.values() if r["job"] != "run" for m in r["measurements"]]
    below = summarise([(m["labels"], m["values"]) for m in others], columns, [])
    experiment.derive(rows)
    told = [*specs[0].labels, *(label for row in rows for label in row["labels"])]
    same = [k for k in experiment.told_if_several if len({s.labels[k] for s in specs}) == 1]
    labels = {label: label for label in told if label not in same}
    shown = [c for c in columns if any(mean_of(row, c["key"]) is not None for row in rows)]
    runs = [dict(results[spec.key]) for spec in finished]
    sections: list[Section] = []
    if whole and runs:
        sections = [
            *experiment.sections(runs, rows, baselines=below, out=out),
            _settings(experiment, finished, runs, labels),
        ]
    titles = {spec.key: f"{spec.title} ({spec.key[-8:]})" for spec in specs}
    return {
        "experiment": experiment.name,
        "title": experiment.title,
        "text": experiment.describe(specs),
        "summary": sentence(rows, shown, labels, group=experiment.group),
        "command": command,
        "settings": _common([spec.to_dict() for spec in specs]),
        "labels": labels,
        "group": experiment.group,
        "columns": shown,
        "rows": rows,
        "baselines": below,
        "note": experiment.note,
        "sections": sections,
        "failed": {titles.get(key, key): error for key, error in errors.items()},
        "environment": environment(),
        "runs": runs,
    }


def labelled(spec: Spec, result: Mapping[str, Any]) -> list[Labelled]:
    """Labels and metrics of each measurement of a run."""
    of_run = {name: result.get(name) for name in OF_RUN}
    return [
        (
            {**spec.labels, **m["labels"]},
            # How many graphs a mean is over stays with the run.
            {**{k: v for k, v in m["values"].items() if not k.startswith("n_")}, **of_run},
        )
        for m in result["measurements"]
    ]


def sentence(
    rows: Sequence[Row], columns: Sequence[Column], labels: Mapping[str, str], *, group: str | None
) -> str:
    """Which row is the best in the first ranked column, and how far the worst is.

    Rows of different groups have different tasks; the sentence is about the last of them.
    """
    last = next((v for row in reversed(rows) if (v := row["labels"].get(group or ""))), "")
    rows = [row for row in rows if not last or row["labels"].get(group or "") == last]
    shown = [key for key in labels if key != group]
    where = f" at {labels.get(group, group)} {last}" if group and last else ""
    ranked = next((c for c in columns if c["better"] is not None), None)
    known = [(mean_of(row, ranked["key"]), row) for row in rows] if ranked else []
    order = sorted(((m, row) for m, row in known if m is not None), key=lambda pair: pair[0])
    if ranked is None or not order:
        return "No run was finished."
    if ranked["better"] == "high":
        order.reverse()

    def told(pair: tuple[float, Row]) -> str:
        name = " ".join(v for k in shown if (v := pair[1]["labels"].get(k)))
        return f"{name} with {pair[0]:.{ranked['digits']}f} {ranked['unit']}".rstrip()

    if len(order) == 1:
        return f"{ranked['label']}{where}: {told(order[0])}."
    return f"Best {ranked['label']}{where}: {told(order[0])}; worst: {told(order[-1])}."


def _settings(
    experiment: AnyExperiment,
    specs: Sequence[Spec],
    runs: Sequence[Mapping[str, Any]],
    labels: Iterable[str],
) -> Section:
    heads = [label for label in labels if label in specs[0].labels]
    seen: dict[tuple[str, ...], dict[str, str | float | None]] = {}
    for spec, run in zip(specs, runs, strict=True):
        seen[tuple(spec.labels[head] for head in heads)] = experiment.made_of(spec, run)
    made = list(dict.fromkeys(head for row in seen.values() for head in row))
    return section(
        "table",
        "How it was made",
        "",
        columns=[*heads, *made],
        rows=[[*told, *(row.get(head, "") for head in made)] for told, row in seen.items()],
    )


def _common(specs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The fields that all runs share."""
    first = specs[0]
    return {k: v for k, v in first.items() if all(spec[k] == v for spec in specs)}
