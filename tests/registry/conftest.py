"""Make small distributions on `sys.path`, with real metadata, and look them up afresh."""

import importlib
import sys
import textwrap

import pytest

from pyg_energyloss import registry
from pyg_energyloss.registry import manager

VARIABLES = (
    "PYG_ENERGYLOSS_PLUGINS",
    "PYG_ENERGYLOSS_DISABLED_PLUGINS",
    "PYG_ENERGYLOSS_STRICT_PLUGINS",
    "PYG_ENERGYLOSS_SLOW_PLUGIN_SECONDS",
)
HEADER = "from pyg_energyloss.registry import hookimpl\n"


class Clock:
    """Stands for the module ``time``: a plugin takes as long as it sleeps, on any machine."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture(autouse=True)
def clean_registry(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(manager, "time", Clock())
    registry.reload()
    yield
    registry.reload()


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Give ``install(name, source)``: a distribution ``name`` with one module of that source."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = []

    def install(name, source, *, target=None, points=None, version="1.0", metadata=True):
        module = name.replace("-", "_")
        modules.append(module)
        (site / f"{module}.py").write_text(HEADER + textwrap.dedent(source))
        info = site / f"{module}-{version}.dist-info"
        info.mkdir()
        if metadata:
            (info / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
        lines = {name: target or module} if points is None else points
        entries = "\n".join(f"{key} = {value}" for key, value in lines.items())
        (info / "entry_points.txt").write_text(f"[pyg_energyloss]\n{entries}\n")
        importlib.invalidate_caches()
        registry.reload()

    yield install
    for module in modules:
        sys.modules.pop(module, None)


GOOD = """
    def make(**options):
        return ("made by good", options)

    @hookimpl
    def energyloss_register_losses(register):
        register("good_loss", make, summary="works")
"""


@pytest.fixture
def good(install):
    """A plugin that works, installed beside those that do not."""
    install("good", GOOD)


def _works():
    assert registry.create("loss", "good_loss", a=1) == ("made by good", {"a": 1})
    assert registry.get("loss", "pair_energy").__name__ == "PairEnergyLoss"


@pytest.fixture
def everything_else_works(good):
    """Give a check that the good plugin and the built-ins work."""
    return _works
