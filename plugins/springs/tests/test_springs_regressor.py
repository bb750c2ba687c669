import numpy as np
from pyg_energyloss_springs import SpringsAndSticksRegressor, damped_motion
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks


@parametrize_with_checks(
    [SpringsAndSticksRegressor(), SpringsAndSticksRegressor(3, group_size=1, temperature=1e-4)]
)
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


def data(count, dim, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.random((count, dim))
    return inputs, np.sin(3 * inputs).sum(axis=1)


def test_stiff_hinges_leave_a_straight_fit():
    inputs, targets = data(80, 2)
    stiff = SpringsAndSticksRegressor(4, group_size=1, bending=1e9).fit(inputs, targets)
    plane = LinearRegression().fit(inputs, targets)
    np.testing.assert_allclose(stiff.predict(inputs), plane.predict(inputs), atol=1e-4)


def test_many_features_are_learned_group_by_group():
    inputs, targets = data(500, 7)
    model = SpringsAndSticksRegressor(6, group_size=2).fit(inputs[:300], targets[:300])
    assert len(model.module_.grids) == 4
    assert model.score(inputs[300:], targets[300:]) > 0.99


def test_several_targets_are_learned_at_once():
    inputs, targets = data(100, 1)
    both = np.stack([targets, 5 - 2 * targets], axis=1)
    found = SpringsAndSticksRegressor().fit(inputs, both).predict(inputs)
    alone = SpringsAndSticksRegressor().fit(inputs, targets).predict(inputs)
    np.testing.assert_allclose(found[:, 0], alone, atol=1e-9)
    np.testing.assert_allclose(found[:, 1], 5 - 2 * alone, atol=1e-6)


def test_heat_makes_the_fit_worse_and_depends_on_the_seed():
    inputs, targets = data(200, 1)
    cold = SpringsAndSticksRegressor(8).fit(inputs, targets)
    warm = SpringsAndSticksRegressor(8, temperature=0.05).fit(inputs, targets)
    other = clone(warm).set_params(random_state=1).fit(inputs, targets)
    again = clone(warm).fit(inputs, targets)
    assert warm.score(inputs, targets) < cold.score(inputs, targets)
    assert not np.array_equal(warm.predict(inputs), other.predict(inputs))
    assert np.array_equal(warm.predict(inputs), again.predict(inputs))


def test_batches_are_seen_by_the_warm_motion():
    inputs, targets = data(200, 1)
    options = {"temperature": 1e-6, "num_steps": 300}
    whole = SpringsAndSticksRegressor(8, **options).fit(inputs, targets)
    parts = SpringsAndSticksRegressor(8, batch_size=50, **options).fit(inputs, targets)
    assert not np.array_equal(parts.predict(inputs), whole.predict(inputs))
    assert parts.score(inputs, targets) > 0.99


def test_any_way_to_rest_will_do():
    inputs, targets = data(60, 1)
    swung = SpringsAndSticksRegressor(4, relaxation=damped_motion).fit(inputs, targets)
    solved = SpringsAndSticksRegressor(4).fit(inputs, targets)
    np.testing.assert_allclose(swung.predict(inputs), solved.predict(inputs), atol=1e-6)


def test_hinges_are_tuned_by_cross_validation():
    rng = np.random.default_rng(0)
    inputs, targets = data(80, 1)
    noisy = targets + 0.3 * rng.standard_normal(80)
    search = GridSearchCV(SpringsAndSticksRegressor(20), {"bending": [1e-3, 10.0]}).fit(
        inputs, noisy
    )
    assert search.best_params_ == {"bending": 10.0}


def test_a_feature_that_does_not_vary_does_no_harm():
    inputs, _ = data(50, 2)
    inputs[:, 1] = 1e6
    model = SpringsAndSticksRegressor().fit(inputs, inputs[:, 0])
    np.testing.assert_allclose(model.predict(inputs), inputs[:, 0], atol=1e-6)
