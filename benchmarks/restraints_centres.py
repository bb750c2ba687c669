"""One centre of each molecule inverted, its bonds kept: which are named, which are false alarms.

    python benchmarks/restraints_centres.py --smiles moses_25k.smi.gz      (some minutes)

Half of the molecules are SMILES embedded by RDKit's ETKDG, with the terms of `from_rdkit`; half are
conformers of the embedded data set ``druglike``, with the terms that `from_data` makes of another
conformer of the same molecule. Beside it what HandednessLoss says of the same structures.
"""

from __future__ import annotations

import argparse
import gzip
import random
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss import registry, restraints
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import handedness

RESULT = Path(__file__).parent / "results" / "restraints_centres.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smiles", type=Path, required=True, help="file of SMILES, gzipped")
    parser.add_argument("--molecules", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    chosen = random.Random(options.seed)  # noqa: S311 - not a secret
    half = options.molecules // 2
    rows = [
        judge("ETKDG, from_rdkit", embedded(options.smiles, half, options.seed), chosen),
        judge("druglike, from_data", druglike(options.molecules - half), chosen),
    ]
    write_json(options.out, {"environment": environment(), "seed": options.seed, "rows": rows})


def embedded(path: Path, count: int, seed: int) -> list[tuple[Tensor, restraints.Restraints]]:
    from rdkit import Chem, rdBase
    from rdkit.Chem import rdDistGeom

    found = []
    lines = gzip.decompress(path.read_bytes()).decode().split()
    with rdBase.BlockLogs():
        for smiles in lines:
            mol = Chem.MolFromSmiles(smiles)
            if mol is None or not Chem.FindMolChiralCenters(mol, includeUnassigned=True):
                continue
            mol = Chem.AddHs(mol)
            if rdDistGeom.EmbedMolecule(mol, randomSeed=seed) != 0:
                continue
            pos = torch.from_numpy(mol.GetConformer().GetPositions())
            terms = restraints.from_rdkit(mol)
            if len(terms.select(["chirality"])):
                found.append((pos, terms))
            if len(found) == count:
                break
    return found


def druglike(count: int) -> list[tuple[Tensor, restraints.Restraints]]:
    """Terms of the first conformer of each molecule, positions of the last one."""
    conformers: dict[int, list[Data]] = {}
    for split in registry.create("dataset", "druglike").values():
        for item in split:
            group = int(split.table.group[int(item.mol_id)])
            conformers.setdefault(group, []).append(item)
    found = []
    for items in conformers.values():
        terms = restraints.from_data(items[0])
        if len(terms.select(["chirality"])):
            found += [(item.pos.double(), terms) for item in items[1:]]
    step = max(1, len(found) // count)
    return found[::step][:count]


def judge(
    what: str, molecules: list[tuple[Tensor, restraints.Restraints]], chosen: random.Random
) -> dict[str, object]:
    """Invert one centre of each and count what `violations` names."""
    named = exact = 0
    alarms: Counter[str] = Counter()
    alarmed = structures = 0
    handed, sizes = [], []
    for pos, terms in molecules:
        on_true = restraints.violations(pos, terms)
        alarms.update(violation.kind for violation in on_true)
        alarmed += any(violation.kind == "chirality" for violation in on_true)
        centres = terms.select(["chirality"]).index.t().tolist()
        chosen.shuffle(centres)
        made = next(
            (
                (centre[0], mirrored)
                for centre in centres
                if (mirrored := inverted(pos, terms, centre)) is not None
            ),
            None,
        )
        if made is None:
            continue
        centre, mirrored = made
        structures += 1
        found = {
            v.atoms[0] for v in restraints.violations(mirrored, terms) if v.kind == "chirality"
        }
        named += centre in found
        exact += found == {centre}
        handed.append(float(handedness(mirrored, pos)))
        sizes.append(len(pos))
    row = {
        "what": what,
        "inverted": structures,
        "named": named,
        "named_and_nothing_else": exact,
        "true_structures": len(molecules),
        "true_structures_with_a_false_centre": alarmed,
        "other_terms_named_on_true_structures": dict(alarms),
        "atoms_median": float(np.median(sizes)),
        "handedness_above_0": int(sum(value > 1e-6 for value in handed)),
        "handedness_median": float(np.median(handed)),
    }
    print(row)
    return row


def inverted(pos: Tensor, terms: restraints.Restraints, centre: list[int]) -> Tensor | None:
    """The structure with one centre inverted and all bond lengths kept, or None if it is caged.

    Two substituents change places by half a turn about the bisector of their bonds; if none can,
    the centre and one neighbour go through the plane of the other three.
    """
    atom, around = centre[0], [other for other in centre[1:] if other != centre[0]]
    bonds = terms.select(["bond"]).index[:2].t().tolist()
    parts = {other: side(bonds, len(pos), atom, other) for other in around}
    free = [other for other, part in parts.items() if not part & (set(around) - {other})]
    new = pos.clone()
    if len(free) > 1:
        one, other = free[0], free[1]
        axis = unit(unit(pos[one] - pos[atom]) + unit(pos[other] - pos[atom]))
        moved = sorted(parts[one] | parts[other])
        arm = pos[moved] - pos[atom]
        new[moved] = pos[atom] + 2 * (arm @ axis)[:, None] * axis - arm
        return new
    if free and len(around) == 4:
        rest = [other for other in around if other != free[0]]
        normal = unit(torch.linalg.cross(pos[rest[1]] - pos[rest[0]], pos[rest[2]] - pos[rest[0]]))
        moved = sorted(parts[free[0]] | {atom})
        height = (pos[moved] - pos[rest[0]]) @ normal
        new[moved] = pos[moved] - 2 * height[:, None] * normal
        return new
    return None


def side(bonds: list[list[int]], count: int, atom: int, start: int) -> set[int]:
    """The atoms on the far side of a bond."""
    near: list[list[int]] = [[] for _ in range(count)]
    for i, j in bonds:
        near[i].append(j)
        near[j].append(i)
    found, waiting = {start}, [start]
    while waiting:
        for other in near[waiting.pop()]:
            if other not in found and other != atom:
                found.add(other)
                waiting.append(other)
    return found


def unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()


if __name__ == "__main__":
    main()
