"""MoreRed itself, in an environment whose python PYG_ENERGYLOSS_MORERED points to.

The environment has SchNetPack's git head, MoreRed, and this library with its Hydra plugin; how to
make it is in docs/hosts/morered.md.
"""

import csv
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("PYG_ENERGYLOSS_MORERED", "")
pytestmark = [
    pytest.mark.hosts,
    pytest.mark.skipif(
        not PYTHON or not (Path(PYTHON).parent / "mrdtrain").is_file(),
        reason="PYG_ENERGYLOSS_MORERED names no python beside which mrdtrain is installed",
    ),
]
OVERRIDES = """
experiment=vp_gauss_ddpm data=custom +data.datapath={work}/qm9.db +data.distance_unit=Ang
data.num_train=40 data.num_val=10 data.num_test=10 data.batch_size=10 data.num_workers=0
data.pin_memory=false ~callbacks.sampling ~callbacks.early_stopping globals.n_atom_basis=16
trainer.accelerator=cpu trainer.max_epochs=2 +seed=0 trainer.enable_model_summary=false
+trainer.enable_progress_bar=false print_config=false
logger.tensorboard._target_=pytorch_lightning.loggers.CSVLogger
run.work_dir={work} run.id={name}
"""


def run(command, folder):
    # MoreRed reads its own best model back with torch.load as it was before torch 2.6.
    extra = {"OMP_NUM_THREADS": "1", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    found = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, **extra},
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr


def test_it_trains_with_one_more_override(tmp_path):
    data = ROOT / "benchmarks/hosts/morered_data.py"
    run([PYTHON, str(data), str(tmp_path / "qm9.db"), "--molecules", "60"], tmp_path)
    final = {}
    for name, more in {"mse": [], "energy": ["+eloss=morered"]}.items():
        line = OVERRIDES.format(work=tmp_path, name=name).split()
        run([str(Path(PYTHON).parent / "mrdtrain"), *line, *more], tmp_path)
        (metrics,) = (tmp_path / f"runs/{name}").rglob("metrics.csv")
        with metrics.open() as stream:
            rows = [row for row in csv.DictReader(stream) if row.get("val_loss")]
        final[name] = {k: float(rows[-1][k]) for k in ("val_loss", "val_eps_pred_mse")}
    # Without us the loss is the squared error of the noise; with us it is another number.
    assert final["mse"]["val_loss"] == pytest.approx(final["mse"]["val_eps_pred_mse"], rel=0.2)
    assert final["energy"]["val_loss"] != pytest.approx(
        final["energy"]["val_eps_pred_mse"], rel=1e-3
    )
    assert 0 < final["energy"]["val_loss"] < 1e4
