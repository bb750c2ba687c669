"""Every block of Python in README and docs runs as it is pasted into a script."""

import ast
import runpy
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "api"),
    *sorted((ROOT / "plugins").glob("*/README.md")),
]
#: Minutes, or an optional program: by the module that tells it.
SLOW = {"fit_stiffness"}
NEEDS = {
    "pyg_energyloss_ase": "tblite",
    "gfn2": "tblite",
    "pyg_energyloss_springs": "sklearn",
    "validity": "rdkit",
    "spins": "pymatching",
}


def blocks(page, kinds=("fence", "code_block")):
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        if token.type in kinds:
            yield token.map[0] + 1, token.info.strip(), token.content


def found():
    for page in PAGES:
        for line, info, text in blocks(page):
            if info == "python":
                marks = [pytest.mark.slow] if any(word in text for word in SLOW) else []
                name = f"{page.relative_to(ROOT)}:{line}"
                yield pytest.param(text, id=name, marks=marks)


@pytest.mark.parametrize("text", list(found()))
def test_it_runs_as_it_is_pasted(text, tmp_path, monkeypatch):
    for word, module in NEEDS.items():
        if word in text:
            pytest.importorskip(module)
    script = tmp_path / "pasted.py"
    script.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # as for a script
    monkeypatch.setenv("MPLBACKEND", "Agg")
    # As a script: the processes that it starts import it anew.
    runpy.run_path(str(script), run_name="__main__")


def is_python(text):
    """Whether a text is Python that does something; a line of a shell is at most names."""
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        return False
    doing = (ast.Assign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.With)
    return any(
        isinstance(statement, doing)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call))
        for statement in statements
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_python_hides_in_a_block_of_another_kind(page):
    others = [(line, text) for line, info, text in blocks(page) if info not in ("python", "toml")]
    assert [line for line, text in others if is_python(text) or ">>>" in text] == []


def test_hidden_python_is_told_from_shell():
    assert is_python("import torch")
    assert is_python("loss = f(x)")
    assert is_python("judge(a, b)")
    assert not is_python("make demo  # minutes")
    assert not is_python("pip install pyg-energyloss")


def test_a_script_without_a_guard_is_found(tmp_path, monkeypatch):
    text = (
        "import multiprocessing as mp\n"
        "child = mp.get_context('spawn').Process(target=print)\n"
        "child.start()\nchild.join()\nassert child.exitcode == 0\n"
    )
    with pytest.raises(AssertionError):
        test_it_runs_as_it_is_pasted(text, tmp_path, monkeypatch)
