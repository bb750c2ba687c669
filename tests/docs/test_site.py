"""Every public name has a docstring and a place on an API page; no link of the pages is dead."""

import importlib
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from markdown.extensions.toc import slugify

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FRONT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = [*(ROOT / name for name in FRONT), *sorted(DOCS.rglob("*.md"))]


@pytest.fixture(scope="module")
def make_api():
    return SimpleNamespace(**runpy.run_path(str(DOCS / "make_api.py")))


def test_public_names_are_documented(make_api):
    assert make_api.problems() == []


def test_experiments_and_the_command_line_are_listed_module_by_module(make_api):
    text = make_api.page("experiments") + make_api.page("cli")
    for part in (
        "experiments.run.run_folder",
        "experiments.structures.spec.MODELS",
        "cli.errors.UserError",
    ):
        assert f"::: pyg_energyloss.{part}\n" in text


def test_an_alias_needs_no_docstring_of_its_own(make_api):
    from pyg_energyloss.experiments.experiment import Experiment

    assert make_api.has_docstring_of_its_own(Experiment)
    assert not make_api.has_docstring_of_its_own(Experiment[int])


@pytest.mark.parametrize("package", ["experiments.study", "cli", "losses"])
def test_a_name_without_docstring_fails_the_build(make_api, monkeypatch, package):
    module = importlib.import_module(f"pyg_energyloss.{package}")

    def nameless():
        pass

    nameless.__module__ = module.__name__
    monkeypatch.setattr(module, "nameless", nameless, raising=False)
    if hasattr(module, "__all__"):
        monkeypatch.setattr(module, "__all__", [*module.__all__, "nameless"])
    assert f"{module.__name__}.nameless has no docstring" in make_api.problems()


def anchors(page):
    """Anchors of a page's headings, as GitHub and the site both make them."""
    found = set()
    for heading in re.findall(r"^#{1,6} +(.*?)\s*$", prose(page), flags=re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")
        found |= {slug, slugify(text, "-")}
    found.update(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", page.read_text(encoding="utf-8")))
    return found


def prose(page):
    fence = r"^( *)```.*?^\1```$"
    text = page.read_text(encoding="utf-8")
    return re.sub(fence, "", text, flags=re.DOTALL | re.MULTILINE)


def dead_links(page):
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if link.startswith(("http", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        known = target.exists() and (not anchor or anchor in anchors(target))
        if not known:
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page):
    assert dead_links(page) == []


def test_a_dead_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    (tmp_path / "other.md").write_text("# Units and `code`, said\n", encoding="utf-8")
    page.write_text(
        "# Title\n[a](other.md#units-and-code-said) [b](#title) [c](other.md)\n"
        "[d](other.md#gone) [e](#gone) [f](gone.md)\n```\n[g](gone.md)\n```\n",
        encoding="utf-8",
    )
    assert dead_links(page) == ["other.md#gone", "#gone", "gone.md"]


@pytest.fixture
def hooks(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))  # as mkdocs does
    return SimpleNamespace(**runpy.run_path(str(DOCS / "hooks.py")))


def test_lines_break_between_words_only(hooks):
    html = (
        "<td>gnn + mse</td><td>1.0 ± 0.1</td> 5 ms <code>a + b</code><pre><code>1 ± 2</code></pre>"
    )
    assert hooks.on_page_content(html).replace("\u00a0", "~") == (
        "<td>gnn~+~mse</td><td>1.0~±~0.1</td> 5~ms "
        '<code class="short">a + b</code><pre><code>1 ± 2</code></pre>'
    )


def test_escaped_bars_in_code_of_tables_lose_their_backslash(hooks):
    page = SimpleNamespace(file=SimpleNamespace(src_uri="x.md"))
    text = "a \\| `\\|`\n\n| `\\|J\\|` | a \\| b |\n"
    assert hooks.on_page_markdown(text, page) == "a \\| `\\|`\n\n| `|J|` | a \\| b |\n"
