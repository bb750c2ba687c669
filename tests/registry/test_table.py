"""Names: what may be registered, what is found, what the errors say."""

import pytest

from pyg_energyloss import registry
from pyg_energyloss.registry.table import Entry, Table


@pytest.fixture
def table():
    found = Table()
    for distribution, name in [("one", "shared"), ("two", "shared"), ("one", "alone")]:
        found.add(Entry("loss", name, print, distribution))
    return found


def test_unknown_names_list_the_choices_and_the_nearest(table):
    with pytest.raises(
        registry.UnknownNameError,
        match=r"unknown loss 'alon'; choices: alone, one:shared, two:shared. Did you mean 'alone'",
    ):
        table.lookup("loss", "alon")
    with pytest.raises(registry.UnknownNameError, match="unknown model 'x'; choices: none"):
        table.lookup("model", "x")
    with pytest.raises(registry.UnknownNameError, match="Did you mean 'alone'"):
        table.lookup("loss", "three:alone")


def test_a_shared_name_must_be_qualified(table):
    with pytest.raises(
        registry.AmbiguousNameError,
        match="the loss 'shared' is registered by 2 distributions; say which: 'one:shared' or",
    ):
        table.lookup("loss", "shared")
    assert table.lookup("loss", "two:shared").distribution == "two"
    assert table.lookup("loss", "one:alone").name == "alone"


def test_distributions_are_compared_as_package_indexes_do(table):
    table.add(Entry("loss", "far", print, "My-Plug.in"))
    assert table.lookup("loss", "my_plug-in:far").distribution == "My-Plug.in"


def test_removal_leaves_the_other_distribution(table):
    table.remove("loss", "shared", "one")
    assert table.lookup("loss", "shared").distribution == "two"
    table.remove("loss", "shared", "two")
    assert table.names("loss") == ["alone"]


@pytest.mark.parametrize("name", ["", "a:b", None, 3])
def test_names_must_be_plain_strings(table, name):
    with pytest.raises(ValueError, match="`name` of a loss must be a non-empty string without ':'"):
        table.add(Entry("loss", name, print, "one"))


def test_targets_must_be_callable_or_a_reference(table):
    with pytest.raises(ValueError, match="`target` of loss 'x' must be a callable or"):
        table.add(Entry("loss", "x", "no_colon", "one"))
    with pytest.raises(TypeError, match=r"`target` of loss 'x' .*, got int"):
        table.add(Entry("loss", "x", 3, "one"))
    with pytest.raises(ValueError, match="one registers the loss 'alone' twice"):
        table.add(Entry("loss", "alone", print, "one"))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("math:no_such", "has no attribute 'no_such'"),
        ("math:pi", "must be callable, 'math:pi' is a float"),
    ],
)
def test_a_reference_that_leads_nowhere_names_the_distribution(target, reason):
    with pytest.raises(ImportError, match=f"the loss 'x' of dist .*{reason}"):
        Entry("loss", "x", target, "dist").resolve()


def test_references_are_resolved_when_used():
    assert Entry("loss", "x", "os:path.join", "dist").resolve()("a", "b") == "a/b"


def test_an_unknown_kind_lists_the_kinds():
    for call in (registry.names, registry.describe, lambda kind: registry.create(kind, "x")):
        with pytest.raises(ValueError, match="`kind` must be one of loss, stiffness, sampler"):
            call("losses")


def test_every_built_in_name_can_be_imported():
    for kind in registry.HOOKS:
        for entry in registry.describe(kind):
            if entry.distribution == "pyg-energyloss":
                assert callable(entry.resolve())
                assert entry.summary


def test_options_reach_the_factory():
    assert registry.create("loss", "pair_energy", normalize="pairs").normalize == "pairs"
    assert registry.create("loss", "pyg-energyloss:pair_energy").normalize == "atoms"
