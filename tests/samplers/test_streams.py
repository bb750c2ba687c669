import pickle

import torch

from pyg_energyloss.samplers.streams import NumpyStream, TorchStream


def test_a_seed_gives_one_stream_that_goes_on():
    stream, twin = NumpyStream(3), NumpyStream(3)
    first, second = stream.generator().random(), stream.generator().random()
    assert first != second
    assert [twin.generator().random() for _ in "ab"] == [first, second]


def test_no_seed_follows_torch():
    torch.manual_seed(11)
    first = NumpyStream(None).generator().random()
    stream = NumpyStream(None)
    assert stream.generator().random() == first
    torch.manual_seed(12)
    assert stream.generator().random() != first


def test_one_torch_generator_per_device():
    stream = TorchStream(0)
    cpu = torch.device("cpu")
    assert stream.generator(cpu) is stream.generator(cpu)
    twin = TorchStream(0)
    assert torch.rand(3, generator=twin.generator(cpu)).equal(
        torch.rand(3, generator=stream.generator(cpu))
    )


def test_a_pickled_stream_starts_afresh():
    stream = TorchStream(0)
    first = torch.rand(3, generator=stream.generator(torch.device("cpu")))
    twin = pickle.loads(pickle.dumps(stream))  # noqa: S301 - our own bytes
    assert torch.rand(3, generator=twin.generator(torch.device("cpu"))).equal(first)
