"""Every first-party plugin, built as a wheel and installed afresh, is discovered and works."""

import json
import os
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(p.parent for p in (ROOT / "plugins").glob("*/pyproject.toml"))
NAMES = {p.name: tomllib.loads((p / "pyproject.toml").read_text())["project"] for p in PLUGINS}
HOST = ROOT / "plugins/lightning/tests/hosts/structure_host.py"
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("PYG_ENERGYLOSS", "PYTHON"))},
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
}
#: What shows that the plugin does its work.
USES = {
    "ase": """
from ase.build import bulk
from pyg_energyloss_ase import atoms_to_data
data = atoms_to_data(bulk("Cu", cubic=True))
assert registry.create("evaluator", "emt")(data.pos, data)["max_force"] < 1e-6
""",
    "e3nn": 'assert registry.create("model", "e3nn", layers=1) is not None',
    "hydra": """
from hydra import compose, initialize_config_dir
import os, tempfile
folder = tempfile.mkdtemp()
open(os.path.join(folder, "config.yaml"), "w").write("{}")
with initialize_config_dir(folder, version_base="1.3"):
    config = compose("config", overrides=["+energyloss/loss=pair_energy"])
assert config.energyloss.loss._target_ == "pyg_energyloss.PairEnergyLoss"
""",
    "lightning": """
import os
os.environ["PYG_ENERGYLOSS_SWAP"] = "loss_fn=pair_energy"
import lightning.pytorch as pl
trainer = pl.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
assert any(type(c).__name__ == "EnergyLossCallback" for c in trainer.callbacks)
""",
    "springs": """
from pyg_energyloss.cli import main
from pyg_energyloss_springs import SpringsAndSticksRegressor
points = [[0.0], [0.5], [1.0]]
model = SpringsAndSticksRegressor(1, bending=0.0).fit(points, [1.0, 2.0, 3.0])
assert abs(model.predict([[0.25]])[0] - 1.5) < 1e-6
assert main(["springs", "--csv", "none.csv", "--target", "y"]) == 1
""",
}
SCRIPT = """
import contextlib, io, json, sys, traceback, warnings
warnings.simplefilter("ignore")
import pyg_energyloss
from pyg_energyloss import registry
from pyg_energyloss.cli import main
report = {
    "file": pyg_energyloss.__file__,
    "status": {p.distribution: p.status for p in registry.plugins()},
    "names": {p.distribution: sum(map(len, p.registered.values())) for p in registry.plugins()},
    "errors": [str(e) for e in registry.errors() if not e.harmless],
    "uses": {},
}
for name, code in json.loads(sys.argv[1]).items():
    report["uses"][name] = ""
    try:
        exec(code, {"registry": registry})
    except Exception:
        report["uses"][name] = traceback.format_exc()
with contextlib.redirect_stdout(io.StringIO()) as printed:
    main(["plugins", "--check", "--errors"])
print(json.dumps(report | {"check": printed.getvalue()}))
"""


@pytest.fixture(scope="module")
def report(installed, tmp_path_factory):
    """What one process finds that uses each plugin."""
    folder = tmp_path_factory.mktemp("elsewhere")
    printed = installed.run("-c", SCRIPT, json.dumps(USES), cwd=folder, env=ENVIRONMENT)
    return json.loads(printed.splitlines()[-1])


def test_the_wheels_are_used_and_not_this_checkout(report):
    assert not report["file"].startswith(str(ROOT))
    assert report["errors"] == []


@pytest.mark.parametrize("plugin", NAMES)
def test_the_plugin_is_discovered(report, plugin):
    name = NAMES[plugin]["name"]
    assert report["status"][name] == "loaded"
    assert report["names"][name] > 0


@pytest.mark.parametrize("plugin", sorted(set(USES) & set(NAMES)))
def test_the_plugin_works(report, plugin):
    assert report["uses"][plugin] == ""


def test_everything_that_is_registered_can_be_imported(report):
    assert "no plugin failed" in report["check"]


def test_ase_lists_the_plugin_under_the_name_of_its_distribution(installed, tmp_path):
    printed = installed.run("-m", "ase", "info", "--plugins", cwd=tmp_path, env=ENVIRONMENT)
    assert "pyg_energyloss_ase 0.1.0" in printed


def test_a_trainer_that_nobody_switched_on_behaves_byte_for_byte_as_before(
    bare, installed, tmp_path
):
    found = {}
    for name, environment in {"before": bare, "after": installed}.items():
        folder = tmp_path / name
        folder.mkdir()
        printed = environment.run(
            str(HOST), "--steps", "20", "--root", ".", cwd=folder, env=ENVIRONMENT
        )
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        found[name] = (printed, {str(p.relative_to(folder)): p.read_bytes() for p in files})
    assert found["after"] == found["before"]
    assert "last.ckpt" in found["before"][1]
    assert "callbacks: []" in found["before"][0]
