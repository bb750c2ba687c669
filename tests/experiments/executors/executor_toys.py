"""What the workers of these tests are told to call."""

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from pyg_energyloss.experiments.executors import ProgressFile
from pyg_energyloss.files import read_json, read_or_set_aside, write_json, write_text


def chain(folder, *, pause=0.02):
    """A run of 20 steps, each a hash of the one before, that continues from its checkpoint."""
    run = Path(folder)
    if read_or_set_aside(run / "result.json") is not None:
        return
    state = read_or_set_aside(run / "last.ckpt") or {"step": 0, "value": run.name}
    progress = ProgressFile(run, every=0.0)
    for step in range(state["step"] + 1, 21):
        time.sleep(pause)
        state = {"step": step, "value": hashlib.sha256(state["value"].encode()).hexdigest()}
        write_json(run / "last.ckpt", state)
        progress.update(step, 20, phase="train", message=f"value {state['value'][:4]}")
    write_json(run / "progress.json", {"step": 20})
    (run / "last.ckpt").unlink(missing_ok=True)
    write_json(run / "result.json", {"value": state["value"]})  # last: says that all is done


def slow_chain(folder):
    chain(folder, pause=0.1)


def fail(folder):
    raise ValueError("out of\nluck")


def leave(folder):
    sys.exit("enough")


def crash(folder):
    ctypes.string_at(0)


def kill_self(folder):
    os.kill(os.getpid(), signal.SIGKILL)


def kill_self_once(folder):
    mark = Path(folder) / "was_here"
    if not mark.exists():
        mark.touch()
        kill_self(folder)
    chain(folder)


def by_name(folder):
    """What the folder's name says."""
    globals()[Path(folder).name.split("-")[0]](folder)


def nothing(folder):
    pass


def noisy(folder):
    """Prints, reads its stdin, and forks."""
    sys.stdout.write("this is no answer\n")
    assert sys.stdin.read() == ""
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    chain(folder)


def with_child(folder):
    """Starts a process of its own, says both numbers, and never ends."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    write_text(Path(folder) / "pids", f"{os.getpid()} {child.pid}")
    hold_the_interpreter()


def hold_the_interpreter():
    """C code that does not let other Python threads run."""
    ctypes.PyDLL(None).sleep(600)


def environment(folder):
    import torch

    names = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
    found = {name: os.environ.get(name) for name in names}
    write_json(Path(folder) / "result.json", found | {"torch": torch.get_num_threads()})


def twice_at_a_time(folder):
    """Fails if another process works on the same folder."""
    mark = Path(folder) / "busy"
    mark.touch(exist_ok=False)
    time.sleep(0.3)
    mark.unlink()
    runs = read_json(Path(folder) / "runs.json") if (Path(folder) / "runs.json").exists() else {}
    write_json(Path(folder) / "runs.json", {"count": runs.get("count", 0) + 1})


def study(out, runs):
    """The parent of a study, to be killed: python -c 'executor_toys.study(...)'."""
    from pyg_energyloss.experiments.executors import run_folders

    folders = [Path(out) / f"chain-{number}" for number in range(runs)]
    for outcome in run_folders(folders, function=chain, workers=2, retries=50, devices=0):
        assert not outcome.error, outcome.error
