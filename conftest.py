"""Every test starts from the same state, whatever ran before it and in whatever order."""

import os
import random

import numpy as np
import pytest
import torch
from hypothesis import settings

# A test that passes today passes tomorrow: the slow tests look for new examples.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    """Skip tests that need a GPU where there is none."""
    if torch.cuda.is_available():
        return
    interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    for item in items:
        runs = interpreted and item.path.name == "test_triton_engine.py"
        if "gpu" in item.keywords and not runs:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def same_start():
    """Seed the global generators; put back what torch holds for the whole process."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the global one is what is meant
    torch.manual_seed(0)
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    yield
    torch.set_default_dtype(dtype)
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
