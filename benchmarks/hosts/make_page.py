"""Write docs/hosts/programs.md, and the table of docs/hosts/boltz.md, from benchmarks/results.

python benchmarks/hosts/make_page.py
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "benchmarks/results/hosts_programs.json"
PAGE = ROOT / "docs/hosts/programs.md"
BOLTZ, BOLTZ_PAGE = ROOT / "benchmarks/results/hosts_boltz.json", ROOT / "docs/hosts/boltz.md"
LONGEST = 330

HEAD = """\
# Public programs, trained as they are

Each program at the commit named, not a byte of it changed (its files are hashed before and
after), on small molecules of `qm9_small` written by `energyloss export` (EGNN: on its own
simulations; DiffCSP: crystals of perov_5; Boltz: fragments of two files of the PDB). *Before* is
the program with its own loss in an environment without this library, *after* the same command with
the line. The metric is the program's own, mean and standard deviation over three seeds, the same
for both. Trainings are as short as a shared two-core machine made them, and the energy is not what
these metrics measure, so **they do not say which loss is better**; they say that the programs train
on it. *Value*: the first losses beside a double loop in float64 on the tensors that the program
passed, largest relative difference; gradients there were finite. *Off*: weights after training
with the library installed and not switched on, beside those without it. *Steps* are those that a
Lightning Trainer counts; the others have none.
([figures](../../benchmarks/results/hosts_programs.json); `benchmarks/hosts/run_programs.py` runs
what `benchmarks/hosts/programs.toml` names, `benchmarks/hosts/make_page.py` writes this page)

| program, commit | the line | steps | its metric | before | after | seeds | value | off |
|---|---|---|---|---|---|---|---|---|
"""

MISTAKES = """
## A mistake in the line

Each program was started with five wrong lines. *After* is the time to the end of the process,
data and model included; no weight had been changed, except where a training step must end to show
that the loss took no part in it.

| program | mistake | the line | after | stops with |
|---|---|---|---|---|
"""


def number(value):
    """A number with four digits that matter."""
    return f"{value:.4g}"


def figure(pair):
    """Mean and standard deviation."""
    if pair["mean"] is None:
        return "none"
    spread = "" if pair["sd"] is None else f" ± {pair['sd']:.2g}"
    return f"{number(pair['mean'])}{spread}"


def code(text):
    """A text in a table's cell, as code."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def shortened(text):
    """The message without the list of all losses, and without the module of its error."""
    text = re.sub(r"^(\w+\.)+(?=\w+(Error|Exception)\b)", "", text)
    text = re.sub(r"; choices: .*?\. (?=[A-Z`])", "; choices: … ", text)
    text = text.partition(" Set the environment variable HYDRA_FULL_ERROR")[0]
    return text if len(text) < LONGEST else f"{text[:LONGEST]} …"


def page(document):
    """The page's text."""
    programs = document["programs"]
    lines = []
    for name, one in programs.items():
        for row, (metric, pair) in enumerate(one["metrics"].items()):
            first = row == 0
            value, off = one["largest_relative_difference"], one["off_is_bitwise_the_hosts_own"]
            cells = [
                f"[{name}](https://{one['repository']}) {one['commit'][:7]}" if first else "",
                code(one["line"]) if first else "",
                str(one["runs"]["on_0"]["steps"] or "") if first else "",
                metric,
                figure(pair["before"]),
                figure(pair["after"]),
                str(len(one["seeds"])) if first else "",
                (f"{value:.0e}" if value is not None else "not compared") if first else "",
                ({True: "bitwise", False: "differs", None: "not compared"}[off]) if first else "",
            ]
            lines.append(f"| {' | '.join(cells)} |\n")
    notes = [f"- {name}: {one['note']}.\n" for name, one in programs.items() if one["note"]]
    wrong = [
        f"| {name} | {mistake} | {code(found['line'])} | {found['seconds']:.0f} s | "
        f"{code(shortened(found['stops_with'] or 'nothing'))} |\n"
        for name, one in programs.items()
        for mistake, found in one["mistakes"].items()
    ]
    return "".join([HEAD, *lines, "\n", *notes, MISTAKES, *wrong])


def boltz_table(document):
    """What our losses gave on tensors of Boltz's denoiser, largest differences over the batches."""
    batches = document["batches"]
    lines = ["| value, mean of a batch | ours | the other | largest relative difference |\n"]
    lines.append("|---|---|---|---|\n")
    for name, last in batches[-1].items():
        if isinstance(last, dict):
            largest = max(batch[name]["relative"] for batch in batches)
            ours, other = (f"{last[key]:.10g}" for key in ("ours", "own"))
            lines.append(f"| {name} | {ours} | {other} | {largest:.0e} |\n")
    return "".join(lines)


def with_table(text, table):
    """A page's text with its one table of four columns replaced."""
    return re.sub(r"(?:\|.*\|\n)+", lambda _: table, text, count=1)


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(RESULT.read_text())))
    table = boltz_table(json.loads(BOLTZ.read_text()))
    BOLTZ_PAGE.write_text(with_table(BOLTZ_PAGE.read_text(), table))
