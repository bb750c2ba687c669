import multiprocessing
import os
import signal
import socket
import subprocess
import sys

import pytest

from pyg_energyloss.experiments.executors import FolderInUseError, folder_lock

HOLD = """
import sys, time, pathlib
from pyg_energyloss.experiments.executors import folder_lock
with folder_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_is_told_who_holds_the_folder(holder, tmp_path):
    told = rf"in use by process {holder.pid} on {socket.gethostname()} since .*-c.*: wait for its"
    with pytest.raises(FolderInUseError, match=told), folder_lock(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_gone(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with folder_lock(tmp_path):
        pass


def test_a_folder_is_made_held_and_let_go(tmp_path):
    folder = tmp_path / "new"
    with folder_lock(folder):
        with pytest.raises(FolderInUseError, match=f"process {os.getpid()}"), folder_lock(folder):
            pass
        (folder / ".holder.json").write_text("")
        with pytest.raises(FolderInUseError, match="another process"), folder_lock(folder):
            pass
    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_an_error_in_the_folder_lets_it_go(tmp_path):
    with pytest.raises(ZeroDivisionError), folder_lock(tmp_path):
        raise ZeroDivisionError
    with folder_lock(tmp_path):
        pass


def test_a_process_of_the_holder_does_not_keep_the_lock(tmp_path):
    with folder_lock(tmp_path):
        child = multiprocessing.get_context("spawn").Process(target=signal.pause)
        child.start()
    try:
        with folder_lock(tmp_path):
            pass
    finally:
        child.kill()
        child.join()
