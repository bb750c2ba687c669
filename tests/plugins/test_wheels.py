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
    **{k: v for k, v in os.environ.items() if not k.startswith("PYG_ENERGYLOSS")},
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
}
#: What shows that the plugin does its work: a statement for each, that may import nothing else.
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
REPORT = """
import json, sys, warnings
warnings.simplefilter("ignore")
from pyg_energyloss import registry
import pyg_energyloss
print(json.dumps({
    "file": pyg_energyloss.__file__,
    "status": {p.distribution: p.status for p in registry.plugins()},
    "names": {p.distribution: sum(map(len, p.registered.values())) for p in registry.plugins()},
    "errors": [str(e) for e in registry.errors() if not e.harmless],
}))
"""


@pytest.fixture(scope="module")
def report(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    return json.loads(installed.run("-c", REPORT, cwd=folder, env=ENVIRONMENT))


def test_the_wheels_are_used_and_not_this_checkout(report):
    assert not report["file"].startswith(str(ROOT))
    assert report["errors"] == []


@pytest.mark.parametrize("plugin", NAMES)
def test_the_plugin_is_discovered(report, plugin):
    name = NAMES[plugin]["name"]
    assert report["status"][name] == "loaded"
    assert report["names"][name] > 0


@pytest.mark.parametrize("plugin", sorted(set(USES) & set(NAMES)))
def test_the_plugin_works(installed, plugin, tmp_path):
    code = f"from pyg_energyloss import registry\n{USES[plugin]}"
    installed.run("-c", code, cwd=tmp_path, env=ENVIRONMENT)


def test_everything_that_is_registered_can_be_imported(installed, tmp_path):
    printed = installed.run(
        "-m", "pyg_energyloss", "plugins", "--check", "--errors", cwd=tmp_path, env=ENVIRONMENT
    )
    assert "cannot be loaded" not in printed


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
