"""Every test starts from the same state, whatever ran before it and in whatever order."""

import os
import random
import sys
from concurrent.futures import Executor, Future

import numpy as np
import pytest
import torch

try:
    from hypothesis import settings
except ImportError:  # a machine for `make gpu` may be without; the tests for it need none
    settings = None

from pyg_energyloss.experiments.executors.attempt import THREAD_VARIABLES

# A test that passes today passes tomorrow: the slow tests look for new examples.
if settings is not None:
    settings.register_profile("repeatable", derandomize=True, deadline=None)
    settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    """Skip tests that need a GPU where there is none."""
    if torch.cuda.is_available():
        return
    interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    for item in items:
        runs = interpreted and item.path.name == "test_triton_engine.py"
        # Not `item.keywords`, which also has the names of the folders above.
        if item.get_closest_marker("gpu") and not runs:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def same_start(tmp_path_factory):
    """Seed the global generators; put back what torch and Python hold for the whole process."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the global one is what is meant
    torch.manual_seed(0)
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    modules = set(sys.modules)
    yield
    torch.set_default_dtype(dtype)
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    # Programs that a test wrote are not those of the next one, which may have the same name.
    written = str(tmp_path_factory.getbasetemp())
    for name in set(sys.modules) - modules:
        module = sys.modules[name]
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
        if any(str(place).startswith(written) for place in places):
            del sys.modules[name]


class ThisProcess(Executor):
    """Does what it is told at once, in a process that has imported everything."""

    def submit(self, fn, /, *args):
        """Call the function; a run's own errors are in its folder."""
        future = Future()
        future.set_result(fn(*args))
        return future


@pytest.fixture(scope="module")
def runs_here():
    """Make the runs of studies in this process; what processes add is tested with the executors."""
    threads = torch.get_num_threads()
    local = "pyg_energyloss.experiments.executors.named.LocalExecutor"
    with pytest.MonkeyPatch.context() as patch:
        for name in THREAD_VARIABLES:  # a run sets them
            patch.setenv(name, os.environ.get(name, str(threads)))
        patch.setattr(local, lambda environments: ThisProcess())
        # One run has all cores; in networks as small as these, threads only wait for each other.
        patch.setattr("pyg_energyloss.experiments.executors.devices.cores", lambda: 1)
        yield
    torch.set_num_threads(threads)
