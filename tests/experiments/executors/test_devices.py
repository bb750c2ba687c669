import pytest

from pyg_energyloss.experiments.executors import run_folders
from pyg_energyloss.experiments.executors.devices import visible_devices, worker_environments
from pyg_energyloss.files import read_json

VISIBLE = "CUDA_VISIBLE_DEVICES"


def environments(**options):
    given = {"workers": None, "threads": 1, "devices": 0, "runs_per_device": 1, "runs": 100}
    return worker_environments(**(given | options))[0]


def gpus(**options):
    return [environment[VISIBLE] for environment in environments(**options)]


@pytest.fixture(autouse=True)
def _all_visible(monkeypatch):
    monkeypatch.delenv(VISIBLE, raising=False)


def test_one_run_a_device_unless_more_share_it():
    assert gpus(devices=2) == ["0", "1"]
    assert gpus(devices=[3, 1], runs_per_device=2) == ["3", "1", "3", "1"]
    assert gpus(devices=4, workers=3) == ["0", "1", "2"]
    assert gpus(devices=1, workers=3) == ["0"]
    assert gpus(devices=4, runs=2) == ["0", "1"]


def test_no_device_hides_them_all():
    assert gpus(devices=0, workers=2) == ["", ""]
    assert gpus(devices=[], workers=1) == [""]


def test_devices_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setenv(VISIBLE, "4, GPU-abc")
    assert gpus(devices=2) == ["4", "GPU-abc"]
    assert visible_devices([1]) == ["GPU-abc"]
    with pytest.raises(ValueError, match="`devices` must be below 2"):
        visible_devices(3)


@pytest.mark.parametrize("devices", [[0, 0], [-1]])
def test_devices_are_checked(devices):
    with pytest.raises(ValueError, match="`devices` must be distinct numbers from 0"):
        visible_devices(devices)


def test_workers_see_their_device_and_their_threads(toys, tmp_path):
    run_folders(
        [tmp_path / "a"], function=toys.environment, devices=[5], runs_per_device=2, threads=2
    )
    expected = {VISIBLE: "5", "OMP_NUM_THREADS": "2", "torch": 2}
    assert read_json(tmp_path / "a" / "result.json") == expected
