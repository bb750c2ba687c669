"""What PyPI shows of each README: it renders, tables included, and its links lead somewhere."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "plugins").glob("*/README.md"))]
REPOSITORY = "https://github.com/owner/name"


@pytest.fixture(scope="module")
def absolute():
    spec = importlib.util.spec_from_file_location("for_pypi", ROOT / "docs" / "for_pypi.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.absolute


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_page_renders_on_pypi_with_links_that_lead_into_the_repository(page, absolute):
    pytest.importorskip("comrak", reason="readme_renderer[md]")
    from readme_renderer import markdown

    text, folder = page.read_text(encoding="utf-8"), page.parent.relative_to(ROOT).as_posix()
    html = markdown.render(absolute(text, REPOSITORY, "v1.0", folder))
    assert html is not None
    assert html.count("<table>") == len(re.findall(r"^\|[\s:|-]+\|$", text, re.MULTILINE))
    links = re.findall(r'(?:href|src)="([^"]+)"', html)
    assert all(re.match(r"https?://|mailto:|#", link) for link in links)
    for link in links:
        if link.startswith(REPOSITORY):
            kind, path = re.match(rf"{REPOSITORY}/(blob|raw)/v1\.0/([^#]*)", link).groups()
            assert (ROOT / path).exists(), link
            assert (kind == "raw") == path.endswith((".png", ".gif", ".svg")), link


def test_links_in_code_blocks_stay_and_a_picture_inside_a_link_moves_too(absolute):
    text = "```\n[a](b)\n```\n[![x](x.png)](y.md) [z](#z) [w](https://w.org)"
    assert absolute(text, "R", "T") == (
        "```\n[a](b)\n```\n[![x](R/raw/T/x.png)](R/blob/T/y.md) [z](#z) [w](https://w.org)"
    )
