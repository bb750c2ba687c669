from pyg_energyloss.experiments.executors import ProgressFile
from pyg_energyloss.files import read_json


def test_phases_and_last_steps_are_written_and_steps_between_now_and_then(tmp_path):
    progress = ProgressFile(tmp_path, every=1e9)
    seen = []
    for step, phase in ((1, "train"), (2, "train"), (9, "train"), (1, "sample"), (2, "sample")):
        progress.update(step, 9, phase=phase, message="m")
        seen.append(read_json(tmp_path / "progress.json"))
    assert [(s["step"], s["phase"]) for s in seen] == [
        (1, "train"),
        (1, "train"),
        (9, "train"),
        (1, "sample"),
        (1, "sample"),
    ]
    assert seen[0].keys() == {"step", "steps", "phase", "message", "time"}
