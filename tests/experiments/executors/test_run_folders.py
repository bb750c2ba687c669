import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyg_energyloss.experiments.executors import LocalExecutor, run_folders
from pyg_energyloss.experiments.executors.attempt import attempt
from pyg_energyloss.files import read_json

SIGKILL = "the worker process was ended by SIGKILL; out of memory?"


def chained(name):
    for _ in range(20):
        name = hashlib.sha256(name.encode()).hexdigest()
    return name


def folders(tmp_path, *names):
    return [tmp_path / name for name in names]


def test_every_run_is_done_once_and_failures_cost_only_themselves(toys, tmp_path):
    names = ["chain-1", "fail", "crash", "kill_self", "leave", "kill_self_once", "chain-2"]
    events = []
    outcomes = run_folders(
        folders(tmp_path, *names), function=toys.by_name, workers=2, on_progress=events.append
    )
    assert [outcome.folder.name for outcome in outcomes] == names
    found = {outcome.folder.name: outcome for outcome in outcomes}
    for name in ("chain-1", "chain-2", "kill_self_once"):
        assert not found[name].error
        assert read_json(tmp_path / name / "result.json") == {"value": chained(name)}
        assert not (tmp_path / name / "error.txt").exists()
    attempts = {name: found[name].attempts for name in names}
    assert attempts == dict.fromkeys(names, 1) | {
        "crash": 2,
        "kill_self": 2,
        "kill_self_once": 2,
    }
    for name, error, detail in (
        ("fail", "ValueError: out of luck", "Traceback"),
        ("leave", "SystemExit: enough", "Traceback"),
        ("crash", "the worker process was ended by SIGSEGV", "Segmentation fault"),
        ("kill_self", SIGKILL, "attempt 2"),
    ):
        path = tmp_path / name / "error.txt"
        assert found[name].error == f"{error}; see {path}"
        assert detail in path.read_text()
    ends = [event.kind for event in events if event.kind in ("done", "failed")]
    assert sorted(ends) == ["done"] * 3 + ["failed"] * 4
    assert [e.finished for e in events if e.kind in ("done", "failed")] == list(range(1, 8))
    assert sum(event.kind == "lost" for event in events) == 3


def test_progress_is_live(toys, tmp_path):
    events = []
    run_folders(
        folders(tmp_path, "chain-1"), function=toys.chain, workers=1, on_progress=events.append
    )
    kinds = [event.kind for event in events]
    assert kinds[0] == "started"
    assert kinds[-1] == "done"
    steps = [event.progress["step"] for event in events if event.kind == "progress"]
    assert steps
    assert steps == sorted(steps)


def test_what_is_done_is_kept_and_what_is_torn_is_made_again(toys, tmp_path):
    runs = folders(tmp_path, "chain-1", "chain-2", "chain-3")
    run_folders(runs, function=toys.chain, workers=1)
    (runs[1] / "result.json").write_text('{"value": "cut')
    (runs[1] / "last.ckpt").write_bytes(b"")
    (runs[2] / "result.json").write_bytes(bytes(100))
    events = []
    with pytest.warns(RuntimeWarning, match=r"set aside as result\.json\.corrupt"):
        outcomes = run_folders(runs, function=toys.chain, workers=1, on_progress=events.append)
    assert [(o.error, o.attempts) for o in outcomes] == [("", 0), ("", 1), ("", 1)]
    assert events[0].kind == "kept"
    for run in runs:
        assert read_json(run / "result.json") == {"value": chained(run.name)}
    assert (runs[1] / "last.ckpt.corrupt").exists()
    assert run_folders(runs, function=toys.fail) == [type(outcomes[0])(run) for run in runs]


def test_a_run_without_a_result_has_failed(toys, tmp_path):
    (outcome,) = run_folders(folders(tmp_path, "a"), function=toys.nothing, workers=1)
    assert outcome.error == f"it ended without a whole result.json in {tmp_path / 'a'}"


def test_what_runs_may_print_read_and_fork(toys, tmp_path):
    (outcome,) = run_folders(folders(tmp_path, "noisy"), function=toys.noisy, workers=1)
    assert not outcome.error


def test_any_executor_of_the_interface_serves(toys, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        outcomes = run_folders(folders(tmp_path, "a", "b"), function=toys.chain, executor=pool)
    assert [outcome.error for outcome in outcomes] == ["", ""]


def test_two_attempts_at_one_folder_wait_for_each_other(toys, tmp_path):
    pool = LocalExecutor([{}, {}])
    order = ("executor_toys:twice_at_a_time", str(tmp_path), 1)
    try:
        futures = [pool.submit(attempt, *order) for _ in range(3)]
        assert [future.result() for future in futures] == [""] * 3
        with pytest.raises(ValueError, match="`fn` must be `attempt`"):
            pool.submit(print)
    finally:
        pool.shutdown()
    assert read_json(tmp_path / "runs.json") == {"count": 3}


def test_litter_of_killed_attempts_is_cleared(toys, tmp_path):
    run = tmp_path / "chain-1"
    run.mkdir()
    (run / ".result.json.abc.tmp").write_text("{")
    run_folders([run], function=toys.chain, workers=1)
    assert not list(run.glob(".*.tmp"))


def test_an_exception_of_the_caller_ends_the_workers(toys, tmp_path, wait_for_end):
    runs = folders(tmp_path, "a", "b")

    def stop(event):
        while not all((run / "pids").exists() for run in runs):
            time.sleep(0.05)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_folders(runs, function=toys.with_child, workers=2, on_progress=stop)
    wait_for_end([int(pid) for run in runs for pid in (run / "pids").read_text().split()])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "`workers` must be at least 1, got 0"),
        ({"threads": 0}, "`threads` must be at least 1, got 0"),
        ({"retries": -1}, "`retries` must be at least 0, got -1"),
        ({"runs_per_device": 0}, "`runs_per_device` must be at least 1, got 0"),
        ({"executor": "dask"}, "`executor` must be one of local, ray, slurm; got 'dask'"),
        ({"executor_options": {"queue": 1}}, "the executor 'local' has no options, got queue"),
        ({"function": lambda folder: None}, "`function` must be a function at the top of a module"),
    ],
)
def test_options_are_checked(toys, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        run_folders(folders(tmp_path, "a"), **({"function": toys.chain} | options))


def test_folders_are_distinct(toys, tmp_path):
    with pytest.raises(ValueError, match="`folders` must be distinct"):
        run_folders([tmp_path / "a", tmp_path / "b" / ".." / "a"], function=toys.chain)


def test_an_executor_has_workers():
    with pytest.raises(ValueError, match="`environments` must name at least one worker"):
        LocalExecutor([])
