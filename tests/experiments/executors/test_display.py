import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pyg_energyloss.experiments.executors import ProgressDisplay, RunEvent, plain

SHOW = """
import pathlib
from pyg_energyloss.experiments.executors import ProgressDisplay, RunEvent
run = pathlib.Path("runs/gnn")
progress = {"step": 3, "steps": 9, "phase": "train", "message": "bonds 1 Å"}
display = ProgressDisplay(label=lambda run: "[b]σ of gnn", note=lambda run: "bonds 0.1 ± 0.2 Å")
with display:
    display.show(RunEvent(run, "started", 0, 2))
    display.show(RunEvent(run, "progress", 0, 2, progress))
    display.show(RunEvent(run, "lost", 0, 2, error="killed"))
    display.show(RunEvent(run, "done", 1, 2))
"""


def shown_on_terminal(**variables):
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    environment |= {"TERM": "xterm", "COLUMNS": "80"} | variables
    process = subprocess.Popen([sys.executable, "-c", SHOW], stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # Linux says so at the end
        pass
    os.close(ours)
    assert process.wait() == 0
    return shown


def test_an_ascii_terminal_gets_ascii():
    shown = shown_on_terminal(LC_ALL="C")
    shown.decode("ascii")
    assert b"1/2  [b]? of gnn  bonds 0.1 +- 0.2 A" in shown
    assert b"tried again: killed" in shown


def test_other_terminals_get_bars():
    shown = shown_on_terminal(LC_ALL="C.UTF-8").decode()
    assert "1/2  [b]σ of gnn  bonds 0.1 ± 0.2 Å" in shown
    assert "━" in shown


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (RunEvent(Path("a"), "done", 1, 3), "1/3  a  fine\n"),
        (RunEvent(Path("a"), "failed", 2, 3, error="E"), "2/3  a  failed: E\n"),
        (RunEvent(Path("a"), "lost", 2, 3, error="E"), "2/3  a  tried again: E\n"),
        (RunEvent(Path("a"), "progress", 2, 3), ""),
        (RunEvent(Path("a"), "kept", 2, 3), ""),
    ],
)
def test_elsewhere_there_is_a_line_for_each_end(event, line):
    stream = io.StringIO()
    with ProgressDisplay(note=lambda _: "fine", stream=stream) as display:
        display.show(event)
    assert stream.getvalue() == line


def test_units_and_signs_have_letters():
    assert plain("1 ± 2 Å × 3", io.StringIO()) == "1 +- 2 A x 3"
