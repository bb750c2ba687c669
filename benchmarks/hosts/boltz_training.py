"""Train Boltz's own diffusion module on a CPU; a program that knows nothing of this library.

    PYTHONPATH=boltz/src python benchmarks/hosts/boltz_training.py DATA --seed 0

DATA has 1CRN.pdb.gz and 5ugo.pdb.gz. What is Boltz's own: ``AtomDiffusion`` at a small size (noise,
network, ``compute_loss``), its weights of nucleotides and ligands, its samples of a target. What is
not: the trunk, here an embedding of residues and of their distance in the chain, and the features,
written by hand: reference conformers are the true residues, turned. One atom in twenty is
unresolved. What it prints at the end are Boltz's own losses on targets held out.
"""

import argparse
import gzip
from pathlib import Path

import torch
from boltz.data import const
from boltz.model.modules.diffusion import AtomDiffusion

TOKEN, PAIR, ATOM, SAMPLES, RESIDUES = 32, 16, 32, 4, 12
NUCLEOTIDES = ("DA", "DC", "DG", "DT")
ELEMENTS = {"C": 6, "N": 7, "O": 8, "S": 16, "P": 15}
#: Chains of the files that are cut into targets, and the kind of each in Boltz.
CHAINS = (("1CRN", "A", "PROTEIN"), ("5ugo", "A", "PROTEIN"), ("5ugo", "T", "DNA"))


def residues(path, chain):
    """Heavy atoms of each residue of a chain: [(name, [(element, position)])]."""
    found = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if line[:4] == "ATOM" and line[21] == chain and line[76:78].strip() in ELEMENTS:
                name, number = line[17:20].strip(), line[22:27]
                place = [float(line[c : c + 8]) for c in (30, 38, 46)]
                found.setdefault((number, name), []).append((ELEMENTS[line[76:78].strip()], place))
            if line[:6] == "ENDMDL":
                break
    return [(name, atoms) for (_, name), atoms in found.items()]


def rotation(generator):
    """A random rotation."""
    q, r = torch.linalg.qr(torch.randn(3, 3, generator=generator))
    q = q * r.diagonal().sign()
    return q * torch.linalg.det(q)


def features(targets, generator):
    """Boltz's features of some targets, padded to one size that its windows divide."""
    atoms = max(sum(len(a) for _, a in t["residues"]) for t in targets)
    atoms, tokens = -(-atoms // 32) * 32, max(len(t["residues"]) for t in targets)
    count = len(targets)
    f = {
        "ref_pos": torch.zeros(count, atoms, 3),
        "ref_charge": torch.zeros(count, atoms),
        "ref_element": torch.zeros(count, atoms, const.num_elements),
        "ref_atom_name_chars": torch.zeros(count, atoms, 4, 64),
        "ref_space_uid": torch.zeros(count, atoms, dtype=torch.long),
        "atom_pad_mask": torch.zeros(count, atoms),
        "atom_resolved_mask": torch.zeros(count, atoms),
        "atom_to_token": torch.zeros(count, atoms, tokens),
        "token_pad_mask": torch.zeros(count, tokens),
        "mol_type": torch.zeros(count, tokens, dtype=torch.long),
        "coords": torch.zeros(count, 1, atoms, 3),
        "res_type": torch.zeros(count, tokens, dtype=torch.long),
    }
    for row, target in enumerate(targets):
        start = 0
        f["mol_type"][row] = const.chain_type_ids[target["kind"]]
        for token, (name, found) in enumerate(target["residues"]):
            part = slice(start, start + len(found))
            place = torch.tensor([p for _, p in found])
            f["coords"][row, 0, part] = place
            f["ref_pos"][row, part] = (place - place.mean(0)) @ rotation(generator)
            f["ref_element"][row, range(*part.indices(atoms)), [z for z, _ in found]] = 1.0
            f["ref_space_uid"][row, part] = token
            f["atom_pad_mask"][row, part] = 1.0
            f["atom_to_token"][row, part, token] = 1.0
            f["token_pad_mask"][row, token] = 1.0
            f["res_type"][row, token] = sum(name.encode()) % const.num_tokens
            start += len(found)
        seen = torch.rand(atoms, generator=generator) > 0.05
        f["atom_resolved_mask"][row] = f["atom_pad_mask"][row] * seen
        inside = f["atom_pad_mask"][row].bool()
        f["coords"][row, 0, inside] -= f["coords"][row, 0, inside].mean(0)
    return f


def batches(data):
    """Batches of two targets of one kind of chain, and the last of each for validation."""
    generator = torch.Generator().manual_seed(0)
    train, held = [], []
    for name, chain, kind in CHAINS:
        found = residues(Path(data) / f"{name}.pdb.gz", chain)[: 8 * RESIDUES]
        size = RESIDUES if kind == "PROTEIN" else RESIDUES // 3
        cut = [found[i : i + size] for i in range(0, len(found) - size + 1, size)]
        made = [{"residues": part, "kind": kind} for part in cut]
        pairs = [made[i : i + 2] for i in range(0, len(made) - 1, 2)]
        found = [features(pair, generator) for pair in pairs]
        train, held = train + found[:-1], held + found[-1:]
    return train, held


class Model(torch.nn.Module):
    """Boltz's diffusion module behind a trunk of embeddings."""

    def __init__(self):
        super().__init__()
        inputs = TOKEN + 2 * const.num_tokens + 1 + len(const.pocket_contact_info)
        self.single = torch.nn.Embedding(const.num_tokens, TOKEN)
        self.inputs = torch.nn.Embedding(const.num_tokens, inputs)
        self.pair = torch.nn.Embedding(65, PAIR)
        self.relative = torch.nn.Embedding(65, PAIR)
        self.structure_module = AtomDiffusion(
            {
                "token_s": TOKEN, "token_z": PAIR, "atom_s": ATOM, "atom_z": PAIR,
                "atom_feature_dim": 3 + 1 + 1 + const.num_elements + 4 * 64, "dim_fourier": 32,
                "atom_encoder_depth": 1, "atom_encoder_heads": 2, "token_transformer_depth": 2,
                "token_transformer_heads": 2, "atom_decoder_depth": 1, "atom_decoder_heads": 2,
            },
        )  # fmt: skip

    def forward(self, feats):
        """What the diffusion module returns for a batch."""
        number = torch.arange(feats["res_type"].size(1))
        step = (number[:, None] - number[None]).clamp(-32, 32) + 32
        step = step.expand(len(feats["res_type"]), -1, -1)
        return self.structure_module(
            s_inputs=self.inputs(feats["res_type"]),
            s_trunk=self.single(feats["res_type"]),
            z_trunk=self.pair(step),
            relative_position_encoding=self.relative(step),
            feats=feats,
            multiplicity=SAMPLES,
        )

    def losses(self, feats):
        """Boltz's losses of a batch; its forward writes into the features, hence the copy."""
        feats = dict(feats)
        return self.structure_module.compute_loss(feats, self(feats), multiplicity=SAMPLES)


def validated(model, held):
    """Boltz's own parts of the loss on the held-out targets, with noise of a fixed seed."""
    model.eval()
    torch.manual_seed(1234)
    total = {}
    with torch.no_grad():
        for _ in range(4):
            for feats in held:
                for key, value in model.losses(feats)["loss_breakdown"].items():
                    total.setdefault(key, []).append(float(value))
    model.train()
    return {key: sum(values) / len(values) for key, values in total.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=150)
    options = parser.parse_args()
    train, held = batches(options.data)
    torch.manual_seed(options.seed)
    model = Model()
    print("start", validated(model, held))
    torch.manual_seed(options.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for step in range(options.steps):
        optimizer.zero_grad()
        model.losses(train[step % len(train)])["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
    print("end", validated(model, held))


if __name__ == "__main__":
    main()
