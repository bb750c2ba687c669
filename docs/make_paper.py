"""Write docs/paper.md, its pictures and examples/paper/results from the committed results."""

from pathlib import Path

from pyg_energyloss.paper import EXHIBITS, build, write

ROOT = Path(__file__).parents[1]
HEAD = """\
# The paper, reproduced

Every figure and table of [arXiv 2511.02087](https://arxiv.org/abs/2511.02087) beside what was measured here, in columns of
their own. `energyloss paper` prints them, `energyloss paper NAME --measure --out DIR` or the command below a table measures
again. Tables 6 and 7 are learning rates. Everything here ran on two CPU cores: budgets are thousands of times smaller than the
paper's, so compare orders, not values.

A statement *holds* where a test has p < 0.05, two-sided (Welch's over seeds, of one sample against a number, binomial for shares), and
*contradicts* the paper where the test is as clear the other way; otherwise it is *undecided*. *One seed* has no spread to test with, and
says which way it points. What is counted, computed or timed once has no p. Of a statement in several parts the weakest part counts.
The word of an exhibit is over the paper's own statements: it holds if all do, partly if some do; lines marked (ours) go beyond it.
Written by `python docs/make_paper.py`.

"""

exhibits = [build(name) for name in EXHIBITS]
lines = [HEAD, "| | what | trends |\n| --- | --- | --- |\n"]
lines += [f"| {e.name} | {e.title} | {e.verdict} |\n" for e in exhibits]
for exhibit in exhibits:
    paths = write(exhibit, ROOT / "examples" / "paper" / "results")
    lines.append("\n" + exhibit.to_markdown())
    for picture in (p for p in paths if p.suffix == ".png"):
        picture.replace(ROOT / "docs" / "images" / f"paper_{picture.name}")
        lines.append(f"\n![{exhibit.title}](images/paper_{picture.name})\n")
    paths[1].unlink()
(ROOT / "docs" / "paper.md").write_text("".join(lines), encoding="utf-8")
