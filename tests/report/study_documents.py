"""Documents of studies, made of the committed results as an experiment would make them."""

import json
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def column(key, label, unit="", *, better="low", digits=3, terminal=False, text=""):
    return {
        "key": key,
        "label": label,
        "unit": unit,
        "better": better,
        "digits": digits,
        "terminal": terminal,
        "help": text,
    }


def moments(values):
    known = [v for v in values if v is not None and np.isfinite(v)]
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else None
    mean = float(np.mean(known)) if known else None
    return {"mean": mean, "sd": sd, "n": len(known), "values": list(values)}


def document(name, **parts):
    empty = {
        "experiment": name,
        "title": "What the loss changes",
        "text": "Task geometry: predict the 3D structure from the molecular graph.",
        "summary": "Best bonds: gnn energy with 0.191 Å; worst: gnn mse with 1.250 Å.",
        "command": f"energyloss {name}",
        "settings": {"steps": 400, "dataset": "qm9_small"},
        "labels": {"model": "model", "loss": "loss"},
        "group": None,
        "columns": [],
        "rows": [],
        "baselines": [],
        "note": "Mean ± sample standard deviation over seeds; the best mean is marked.",
        "sections": [],
        "failed": {},
        "environment": {"pyg_energyloss": "0.1", "versions": {"torch": "2.8"}, "cores": 2},
        "runs": [],
    }
    return {**empty, **parts}


def unique(values):
    return list(dict.fromkeys(values))


def panel_of(rows, key, head, models, losses):
    series = [
        {
            "label": loss,
            "hollow": False,
            "points": [
                {"category": r["labels"]["model"], **{k: m[k] for k in ("mean", "sd")}}
                for r in rows
                if r["labels"]["loss"] == loss and (m := r["values"][key])["mean"] is not None
            ],
        }
        for loss in losses
    ]
    axis = {"label": head, "log": True}
    return {"title": head, "axis": axis, "categories": models, "series": series, "lines": []}


def curves_of(runs, models, losses, key, *, head, log):
    def values(model, loss):
        chosen = [r for r in runs if (r["spec"]["model"], r["spec"]["loss"]) == (model, loss)]
        steps = [row["step"] for row in chosen[0]["history"]]
        return {
            "label": loss,
            "x": steps,
            "values": [[r["history"][i][key] for r in chosen] for i in range(len(steps))],
        }

    panels = [
        {
            "title": model,
            "x": {"label": "optimiser step", "log": False},
            "y": {"label": head, "log": log},
            "series": [values(model, loss) for loss in losses],
        }
        for model in models
    ]
    return {
        "kind": "curves",
        "title": "Training",
        "text": "Band: range over seeds.",
        "data": {"panels": panels, "rows": 1, "markers": False},
    }


def comparison():
    """The default comparison, with structures of its test set, shaken."""
    stored = json.loads((RESULTS / "compare.json").read_text())
    runs = stored["runs"]
    models, losses = (unique(r["spec"][k] for r in runs) for k in ("model", "loss"))
    columns = [
        column("bond_mae", "bonds", "Å", terminal=True, text="error of bond lengths"),
        column("pair13_mae", "1-3", "Å"),
        column("pair14_mae", "1-4", "Å"),
        column("rmsd", "RMSD", "Å", terminal=True, text="after the best superposition"),
        column("success", "<0.3 Å", "%", better="high", digits=1, terminal=True),
        column("median_energy_above_reference", "xTB", "eV", digits=1, text="median"),
        column("step_ms", "step", "ms", better=None, digits=1, terminal=True),
        column("peak_memory_mib", "memory", "MiB", better=None, digits=0),
    ]
    rows = []
    for model in models:
        for loss in losses:
            found = [r for r in runs if (r["spec"]["model"], r["spec"]["loss"]) == (model, loss)]
            measured = [{**r["measurements"][0]["values"], **r} for r in found]
            values = {c["key"]: moments([m.get(c["key"]) for m in measured]) for c in columns}
            rows.append({"labels": {"model": model, "loss": loss}, "values": values, "failed": []})
    heads = (("bond_mae", "bond lengths, MAE / Å"), ("rmsd", "RMSD after alignment / Å"))
    dots = {
        "kind": "dots",
        "title": "Errors on test molecules",
        "text": "Logarithmic, lower is better; bars: standard deviation.",
        "data": {
            "panels": [panel_of(rows, key, head, models, losses) for key, head in heads],
            "horizontal": False,
        },
    }
    curves = curves_of(runs, models, losses, "val_bond_mae", head="bond lengths, MAE / Å", log=True)
    table = {
        "kind": "table",
        "title": "How it was made",
        "text": "",
        "data": {"columns": ["model", "rate"], "rows": [["gnn", 1e-3], ["egnn", None]]},
    }
    return document(
        "compare",
        columns=columns,
        rows=rows,
        sections=[dots, curves, structures(), table],
        environment=stored["environment"],
    )


def structures():
    rng = np.random.default_rng(0)
    pos = np.array(
        [
            [0.0, 0, 0],
            [1.5, 0, 0.1],
            [2.1, 1.3, 0],
            [-0.5, 0.9, 0.3],
            [-0.4, -0.5, 0.9],
            [1.9, -0.9, 0.5],
        ]
    )
    true = {
        "name": "C2OH3 (test molecule 1)",
        "elements": ["C", "C", "O", "H", "H", "H"],
        "pos": pos.tolist(),
        "bonds": [[0, 1], [1, 2], [0, 3], [0, 4], [1, 5]],
    }
    sets = []
    for label, shake in (("gnn mse", 0.6), ("gnn energy", 0.05)):
        moved = rng.normal(scale=shake, size=pos.shape)
        predicted = {
            **true,
            "pos": (pos + moved).round(3).tolist(),
            "energy": (moved**2).sum(1).round(4).tolist(),
            "note": f"RMSD {shake} Å",
        }
        sets.append({"label": label, "structures": [predicted, None]})
    return {
        "kind": "structures",
        "title": "Structures",
        "text": "Left the true structure, right the prediction on top of it. Drag to turn.",
        "data": {"references": [true, {**true, "name": "second"}], "sets": sets},
    }


def spins():
    """The default spin table, with lattices drawn at random."""
    stored = json.loads((RESULTS / "spins_default.json").read_text())
    runs = stored["runs"]
    losses = unique(r["spec"]["loss"] for r in runs)
    columns = [
        column("excess_energy", "excess energy", digits=2, terminal=True),
        column("excess_greedy", "after greedy", digits=2, terminal=True),
        column("excess_zero_temperature", "after T=0", digits=2, terminal=True),
        column("satisfied", "satisfied", "%", better="high", digits=1, terminal=True),
        column("overlap", "overlap", better="high", terminal=True),
        column("exact", "exact", "%", better="high", digits=1, terminal=True),
    ]

    def row(loss, metrics):
        values = {c["key"]: moments([m.get(c["key"]) for m in metrics]) for c in columns}
        return {"labels": {"model": "spin_cnn", "loss": loss}, "values": values, "failed": []}

    rows = [
        row(
            name,
            [r["measurements"][0]["values"] for r in runs if r["spec"]["loss"] == name],
        )
        for name in losses
    ]
    below = [
        row(b["labels"]["loss"], [{k: m["mean"] for k, m in b["values"].items() if m}])
        for b in stored["baselines"]
    ]
    series = [
        {
            "label": label,
            "hollow": key == "excess_greedy",
            "points": [
                {
                    "category": r["labels"]["loss"],
                    **{k: r["values"][key][k] for k in ("mean", "sd")},
                }
                for r in rows
            ],
        }
        for key, label in (("excess_energy", "prediction"), ("excess_greedy", "after greedy"))
    ]
    lines = [
        {"label": f"{r['labels']['loss']}, greedy", "value": r["values"]["excess_greedy"]["mean"]}
        for r in below
    ]
    panel = {
        "title": "spin_cnn",
        "axis": {"label": "excess energy over the exact ground state", "log": False},
        "categories": losses,
        "series": series,
        "lines": lines,
    }
    dots = {
        "kind": "dots",
        "title": "Excess energy on test systems",
        "text": "Bars: standard deviation; lines: baselines without learning.",
        "data": {"panels": [panel], "horizontal": True},
    }
    curves = curves_of(runs, ["spin_cnn"], losses, "excess", head="excess energy", log=False)
    return document(
        "spins",
        title="Spins: what the loss changes",
        columns=columns,
        rows=rows,
        baselines=below,
        sections=[dots, curves, lattices(losses)],
    )


def lattices(losses, size=6):
    rng = np.random.default_rng(0)
    site = np.arange(size * size).reshape(size, size)
    bonds = np.concatenate(
        [
            np.stack([site[:, :-1], site[:, 1:]], -1),
            np.stack([site[:-1], site[1:]], -1).transpose(1, 0, 2),
        ]
    ).reshape(-1, 2)
    target = rng.choice([-1, 1], size * size)
    flips = [np.where(rng.random(size * size) < 0.1 * k, -1, 1) for k in range(1, len(losses) + 1)]
    system = {
        "coupling": rng.normal(size=len(bonds)).tolist(),
        "target": target.tolist(),
        "energy": -20.0,
        "pictures": [
            {"label": loss, "spins": (target * flip).tolist(), "energy": -20.0 + k}
            for k, (loss, flip) in enumerate(zip(losses, flips, strict=True))
        ],
    }
    return {
        "kind": "lattices",
        "title": "Configurations",
        "text": "Red where they differ; lines: unsatisfied bonds.",
        "data": {"shape": [size, size], "bonds": bonds.tolist(), "systems": [system, system]},
    }


def generation():
    """The main group of the study of generators."""
    stored = json.loads((RESULTS / "generate_study.json").read_text())
    columns = [
        column("atom_stable", "stable atoms", "%", better="high", digits=1, terminal=True),
        column("molecule_stable", "stable mol.", "%", better="high", digits=1, terminal=True),
        column("valid", "valid", "%", better="high", digits=1, terminal=True),
        column("novel", "novel", "%", better="high", digits=1),
        column("mmd_bond", "MMD bonds", terminal=True),
        column("mmd_angle", "MMD angles"),
        column("mmd_dihedral", "MMD dihedrals"),
    ]
    rows = []
    for found in stored["groups"]["main"]:
        values = {}
        for c in columns:
            m = found["metrics"].get(c["key"])
            scale = 100 if c["unit"] == "%" else 1
            values[c["key"]] = None
            if m is not None:
                sd = None if m["sd"] is None else scale * m["sd"]
                values[c["key"]] = {"mean": scale * m["mean"], "sd": sd, "n": 3, "values": []}
        labels = {"generator": found["label"], "weights": found["weights"]}
        rows.append({"labels": labels, "values": values, "failed": []})
    names = unique(r["labels"]["generator"] for r in rows)
    averaged = [r for r in rows if r["labels"]["weights"] == "averaged"]
    panels = [
        {
            "title": head,
            "axis": {"label": head, "log": False},
            "categories": names,
            "series": [
                {
                    "label": "averaged weights",
                    "hollow": False,
                    "points": [
                        {"category": r["labels"]["generator"], **{k: m[k] for k in ("mean", "sd")}}
                        for r in averaged
                        if (m := r["values"][key])
                    ],
                }
            ],
            "lines": [{"label": "real molecules", "value": 99.0 if "%" in head else 0.01}],
        }
        for key, head in (("atom_stable", "stable atoms, %"), ("mmd_bond", "MMD of bond lengths"))
    ]
    bars = {
        "kind": "bars",
        "title": "Metrics",
        "text": "Averaged weights; bars: standard deviation; line: real molecules.",
        "data": {"panels": panels, "horizontal": True},
    }
    rng = np.random.default_rng(0)
    edges = np.linspace(0.6, 2.0, 141)
    histogram = {
        "kind": "histograms",
        "title": "Distances",
        "text": "Grey: real molecules.",
        "data": {
            "x": {"label": "distance of two atoms / Å", "log": False},
            "edges": edges.tolist(),
            "series": [
                {"label": name, "density": rng.random(140).tolist(), "reference": name == "real"}
                for name in ("real", *names)
            ],
        },
    }
    one = structures()["data"]["references"][0]
    gallery = {
        "kind": "structures",
        "title": "Molecules",
        "text": "Rings: atoms whose valence is not filled.",
        "data": {
            "references": [],
            "sets": [
                {
                    "label": n,
                    "structures": [
                        {**one, "orders": [1, 2, 1, 1, 1], "marked": [k == 2 for k in range(6)]},
                        None,
                        one,
                    ],
                }
                for n in names
            ],
        },
    }
    return document(
        "generate",
        title="Generated molecules: what the loss changes",
        labels={"generator": "generator", "weights": "weights"},
        columns=columns,
        rows=rows,
        sections=[gallery, bars, histogram],
    )
