"""Who takes part in the contest of structure losses, and by which rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyg_energyloss.experiments.structures.spec import StructureSpec


@dataclass(frozen=True)
class Track:
    """A network and the data it learns from: losses are compared within a track."""

    model: str
    dataset: str
    about: str
    model_options: dict[str, Any] = field(default_factory=lambda: {"channels": 48, "layers": 3})
    dataset_options: dict[str, Any] = field(default_factory=dict)
    batch_size: int = 32


#: Networks small enough that a table of 4 000 steps is a matter of hours on one core. The three on
#: `qm9_small` have 84 816 to 87 171 parameters.
TRACKS = {
    "gnn": Track("gnn", "qm9_small", "plain GNN, qm9_small"),
    "egnn": Track("egnn", "qm7", "EGNN, qm7"),
    "gnn_druglike": Track(
        "gnn",
        "table",
        "plain GNN, 20 000 drug-like molecules",
        dataset_options={"path": "runs/data/druglike_20k.npz"},
        batch_size=16,
    ),
    "egnn_qm9": Track("egnn", "qm9_small", "EGNN, qm9_small"),
    "e3nn_qm9": Track(
        "e3nn",
        "qm9_small",
        "e3nn, qm9_small",
        model_options={"irreps": "60x0e + 22x1o", "layers": 3},
    ),
}

TUNING_STEPS = 600
TUNING_SEED = 1000
#: Tried for every loss; the next beyond an end is tried as long as the best is there: three or
#: four trials each.
RATES = (3e-3, 1e-2)
BEYOND = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)

SEEDS = (0, 1, 2)
STEPS = (400, 4000, 40_000)

#: Errors in Å whose geometric mean is the merit: local, over all pairs, and of the shape.
MERIT = ("bond_mae", "distance_mae", "rmsd")
MERITED: dict[str, dict[str, Any]] = {"geometry": {}, "distances": {}, "rmsd": {}}
#: More than any split has.
ALL = 10_000
#: Molecules for single points of quantum chemistry and for PoseBusters.
JUDGED = 100
#: Of quantum chemistry, for fewer molecules: it takes most of the time.
RELAXATION = {"max_graphs": 20, "max_force": 0.1, "max_steps": 100}
#: Test molecules whose structures GFN2-xTB relaxed.
RELAXED = 500


@dataclass(frozen=True)
class Judging:
    """On which molecules, how many of them, and what is measured."""

    split: str
    graphs: int
    evaluators: dict[str, dict[str, Any]]
    #: Options of the data set that differ.
    dataset_options: dict[str, Any] = field(default_factory=dict)


_CHOICE = Judging("val", ALL, MERITED)
#: Stage -> how: test molecules only where nothing is chosen any more.
JUDGING = {
    "tuning": _CHOICE,
    "map": _CHOICE,
    "table": Judging("test", ALL, {**MERITED, "acceptable": {}}),
    "relaxed": Judging(
        "test", RELAXED, {**MERITED, "acceptable": {}}, {"path": "runs/data/druglike_20k_gfn2.npz"}
    ),
    "strain": Judging("test", JUDGED, {"gfn2": {"max_graphs": JUDGED}, "relax": RELAXATION}),
    "posebusters": Judging(
        "test", JUDGED, {"known_posebusters": {"max_graphs": JUDGED, "energy": False}}
    ),
}


@dataclass(frozen=True)
class Entry:
    """A loss with its options under one name."""

    name: str
    loss: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def registered(self) -> str:
        """Name in the registry."""
        return self.loss or self.name


#: In the order in which they run: what a user would compare first comes first.
FIRST = (
    Entry("multiscale"),
    Entry("distance_l1"),
    Entry("lddt_kabsch"),
    Entry("energy"),
    Entry("kabsch"),
    Entry("energy_absolute_kabsch"),
    Entry("kabsch_mirror", "kabsch", {"mirror": True}),
)
#: With other networks and data sets.
SECOND = FIRST[:5]
#: With which networks are compared.
EQUAL = tuple(who for who in FIRST if who.name in {"multiscale", "distance_l1", "kabsch"})
OTHERS = (
    Entry("mse"),
    Entry("lddt_kabsch_mirror", "lddt_kabsch", {"mirror": True}),
    Entry(
        "distance_l1_kabsch_mirror", "distance_l1_kabsch", {"mirror": True, "kabsch_weight": 1.0}
    ),
    Entry("multiscale_sparse"),
    Entry("symmetric_kabsch"),
    Entry("energy_absolute"),
    Entry("energy_absolute_l1"),
    Entry("distance_l1_kabsch"),
    Entry("energy_kabsch"),
    Entry("lddt"),
    Entry("energy_absolute_sparse"),
    Entry("energy_sparse"),
)
ENTRIES = (*FIRST, *OTHERS)

#: What README says of each loss that it shows, in its order.
SHOWN = {
    "kabsch": "aligned MSE",
    "kabsch_mirror": "aligned MSE, to the nearer mirror image",
    "lddt_kabsch": "smooth lDDT + 0.3 aligned MSE, AlphaFold 3's recipe",
    "distance_l1": "mean error of all distances",
    "energy": "harmonic springs, exponential stiffness: the paper's",
    "energy_absolute_kabsch": "absolute springs, 1/d², + aligned MSE, nearer mirror image",
    "multiscale": "absolute springs, 1/d², + all distances + half the RMSD, nearer mirror image",
}

#: Pair energies that are not the paper's; the others are what people use, and the paper's.
CHALLENGERS = (
    "multiscale",
    "energy_absolute_kabsch",
    "energy_absolute_l1",
    "energy_absolute",
)

POTENTIALS = ("harmonic", "absolute", "huber", "lddt")
LAWS = ("constant", "inverse", "inverse_square", "exponential")
#: What is added to the pair energy -> the registered loss that does it.
COMPOSITES = {
    "nothing": "energy",
    "0.3 kabsch": "energy_kabsch",
    "distance_l1": "energy_absolute_l1",
    "distance_l1 + rmsd": "multiscale",
}


def entry(name: str) -> Entry:
    """The entry of a name."""
    return next(e for e in ENTRIES if e.name == name)


#: What a weight is tried of: potential, stiffness and what is added -> loss, option, other options.
WEIGHED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "lddt | 15 Å | {} kabsch": ("lddt_kabsch", "kabsch_weight", {}),
    "lddt | 15 Å | {} kabsch, mirror": ("lddt_kabsch", "kabsch_weight", {"mirror": True}),
    "absolute | constant | {} kabsch": ("distance_l1_kabsch", "kabsch_weight", {}),
    "absolute | constant | {} kabsch, mirror": (
        "distance_l1_kabsch",
        "kabsch_weight",
        {"mirror": True},
    ),
    "absolute | inverse_square | {} kabsch": (
        "energy_absolute_kabsch",
        "kabsch_weight",
        {"mirror": False},
    ),
    "absolute | inverse_square | {} kabsch, mirror": (
        "energy_absolute_kabsch",
        "kabsch_weight",
        {},
    ),
    "absolute | inverse_square | distance_l1 + {} rmsd, mirror": (
        "multiscale",
        "rmsd_weight",
        {},
    ),
}
WEIGHTS = (0.3, 1.0, 3.0)


def design_space() -> Iterator[Entry]:
    """Composites by weight, then potential x stiffness x what is added."""
    for name, (loss, option, others) in WEIGHED.items():
        for weight in WEIGHTS:
            yield Entry(name.format(f"{weight:g}"), loss, {option: weight, **others})
    for added, loss in COMPOSITES.items():
        for potential in POTENTIALS:
            for law in LAWS:
                options = {"potential": potential, "stiffness": law}
                yield Entry(f"{potential} | {law} | {added}", loss, options)


def spec_of(
    stage: str, who: Entry, track: str, *, steps: int, seed: int, rate: float
) -> StructureSpec:
    """One run of the contest; stages differ in how it is judged, not in how it is trained."""
    judging, of_track = JUDGING[stage], TRACKS[track]
    return StructureSpec(
        dataset=of_track.dataset,
        dataset_options=of_track.dataset_options,
        model=of_track.model,
        model_options=of_track.model_options,
        loss=who.registered,
        loss_options=who.options,
        seed=seed,
        steps=steps,
        batch_size=of_track.batch_size,
        learning_rate=rate,
        eval_graphs=judging.graphs,
        eval_split=judging.split,
        eval_dataset_options=judging.dataset_options,
        evaluators=judging.evaluators,
        keep_structures=1,
    )
