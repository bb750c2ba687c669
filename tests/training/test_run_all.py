import os
from pathlib import Path

import pytest

from pyg_energyloss.training.jobs import Job
from pyg_energyloss.training.run_all import run_all

HERE = "tests.training.job_functions"


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """The workers import the functions by name."""
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")


def test_results_and_errors_are_saved_as_they_come(capsys):
    jobs = [
        Job("good", f"{HERE}:square", {"x": 3}),
        Job("bad", f"{HERE}:fail", {"message": "out of luck"}),
    ]
    found, errors, saved = {}, {}, []

    def done(event):
        found[event.job] = event.result
        return f"gave {event.result}"

    run_all(
        jobs,
        done=done,
        errors=errors,
        save=lambda: saved.append((len(found), len(errors))),
        total=5,
        workers=1,
        threads=1,
    )
    assert found == {"good": 9}
    assert errors == {"bad": "ValueError: out of luck"}
    assert saved[-1] == (1, 1)
    assert len(saved) == 2
    told = capsys.readouterr()
    assert "gave 9" in told.out + told.err


def test_nothing_to_run_is_nothing_done():
    def never(*_):
        raise AssertionError

    run_all([], done=never, errors={}, save=never, total=3, workers=1, threads=1)
