import pytest

from pyg_energyloss.experiments.generation.experiment import GeneratorExperiment

from .specs import generator


def rates(tmp_path, steps, **options):
    training = GeneratorExperiment().build(generator(steps=steps, **options), tmp_path)
    return [training.rate_factor(step) for step in (0, 99, 199, 290)]


def test_a_longer_training_with_a_rate_that_stays_is_a_shorter_one_continued(tmp_path):
    short, long = (rates(tmp_path, steps, constant_rate=True) for steps in (300, 300_000))
    assert short == long == pytest.approx([1 / 200, 0.5, 1.0, 1.0])


def test_a_rate_that_falls_knows_how_long_the_training_is(tmp_path):
    assert rates(tmp_path, 300)[-1] < 0.01
    assert rates(tmp_path, 30_000)[-1] > 0.1
