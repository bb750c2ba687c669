import pytest
import torch


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(7)


@pytest.fixture(params=["numba", "torch"])
def engine(request, monkeypatch):
    """Both CPU engines: the compiled kernels and the fallback without numba."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="the compiled engine needs numba")
        monkeypatch.delenv("PYG_ENERGYLOSS_ENGINE", raising=False)
    else:
        monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", "torch")
    return request.param
