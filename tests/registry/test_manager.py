"""A broken plugin leaves everything else working and is named with its reason."""

import json
import os
import subprocess
import sys
import warnings

import pytest

from pyg_energyloss import registry
from pyg_energyloss.cli import main
from pyg_energyloss.registry import PluginLoadError

RAISES_ON_IMPORT = "raise RuntimeError('no luck today')"
EXITS_ON_IMPORT = "raise SystemExit(3)"
BARE_ON_IMPORT = "raise BaseException('bare')"
EXITS_IN_A_HOOK = """
    @hookimpl
    def energyloss_register_losses(register):
        register("half_loss", print)
        raise GeneratorExit("gone")
"""
UNSPEAKABLE = """
    class Unspeakable(Exception):
        def __str__(self):
            raise ValueError("no words")

    raise Unspeakable
"""
SYNTAX_ERROR = "def broken(:"
REGISTERS_HALF = """
    @hookimpl
    def energyloss_register_losses(register):
        register("half_loss", print)

    @hookimpl
    def energyloss_register_samplers(register):
        register("half_sampler", print)
        raise ValueError("the other half is missing")
"""
CLASHES = """
    @hookimpl
    def energyloss_register_losses(register):
        register("good_loss", lambda: "made by the twin")
        register("own_loss", lambda: "own")
"""
MISSPELT = """
    @hookimpl
    def energyloss_register_loss(register):
        register("never", print)

    @hookimpl
    def energyloss_register_samplers(register):
        register("spelt_right", lambda: "sampler")
"""
UNMARKED = """
    def energyloss_register_losses(register):
        register("never", print)
"""
WRONG_SUMMARY = """
    @hookimpl
    def energyloss_register_losses(register):
        register("untold", print, summary=3)
"""
FOREIGN_PREFIX = """
    @hookimpl
    def energylos_register_losses(register):
        register("never", print)
"""
SLOW = """
    from pyg_energyloss.registry.manager import time
    time.sleep(1.2)

    @hookimpl
    def energyloss_register_losses(register):
        register("slow_loss", lambda: "slow, but there")
"""
WRONG_SIGNATURE = """
    @hookimpl
    def energyloss_register_losses(register, more):
        register("never", print)
"""

BROKEN = {
    "raises": (RAISES_ON_IMPORT, "import", "RuntimeError: no luck today"),
    "exits": (EXITS_ON_IMPORT, "import", "SystemExit: 3"),
    "bare": (BARE_ON_IMPORT, "import", "BaseException: bare"),
    "hook-exits": (EXITS_IN_A_HOOK, "energyloss_register_losses", "GeneratorExit: gone"),
    "unspeakable": (UNSPEAKABLE, "import", "Unspeakable: (its text raises ValueError)"),
    "summary": (WRONG_SUMMARY, "names", "`summary` of loss 'untold' must be a string, got int"),
    "syntax": (SYNTAX_ERROR, "import", "SyntaxError"),
    "half": (REGISTERS_HALF, "energyloss_register_samplers", "the other half is missing"),
    "twin": (CLASHES, "clash", "the loss 'good_loss' is registered by good too"),
    "misspelt": (MISSPELT, "hooks", "did you mean 'energyloss_register_losses'?"),
    "unmarked": (UNMARKED, "hooks", "is not marked as a hook; decorate it"),
    "prefix": (FOREIGN_PREFIX, "hooks", "no such hook: 'energylos_register_losses'"),
    "slow": (SLOW, "slow", "it took 1.2 s to load (limit 1 s)"),
    "signature": (WRONG_SIGNATURE, "register", "PluginValidationError"),
}


@pytest.fixture
def broken(request, install, good):
    install(request.param, BROKEN[request.param][0])
    return request.param


def quiet_errors(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            e for e in registry.errors() if name in (e.plugin, e.distribution, *e.error.split())
        ]


@pytest.mark.parametrize("broken", BROKEN, indirect=True)
def test_a_broken_plugin_is_recorded_with_its_phase_and_reason(broken):
    _, phase, reason = BROKEN[broken]
    (error,) = quiet_errors(broken)
    assert error.phase == phase
    assert reason in error.error
    assert error.version == "1.0"


@pytest.mark.parametrize("broken", [b for b in BROKEN if b != "twin"], indirect=True)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_broken_plugin_leaves_everything_else_working(broken, everything_else_works):
    everything_else_works()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_clash_is_an_error_that_names_both_and_leaves_the_rest_working(install, good):
    install("twin", CLASHES)
    with pytest.raises(registry.AmbiguousNameError, match="'good:good_loss' or 'twin:good_loss'"):
        registry.create("loss", "good_loss")
    assert registry.create("loss", "good:good_loss") == ("made by good", {})
    assert registry.create("loss", "twin:good_loss") == "made by the twin"
    assert registry.create("loss", "own_loss") == "own"
    assert {"good:good_loss", "twin:good_loss"} <= set(registry.names("loss"))
    assert "good_loss" not in registry.names("loss")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_half_registration_is_undone(install):
    install("half", REGISTERS_HALF)
    assert "half_loss" not in registry.names("loss")
    assert "half_sampler" not in registry.names("sampler")
    (info,) = [p for p in registry.plugins() if p.plugin == "half"]
    assert (info.status, info.registered) == ("failed", {})


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_name_registered_twice_by_one_plugin_undoes_all_of_it(install, everything_else_works):
    install(
        "twice",
        """
        @hookimpl
        def energyloss_register_losses(register):
            register("first", print)
            register("first", print)
        """,
    )
    assert "first" not in registry.names("loss")
    (error,) = registry.errors()
    assert "registers the loss 'first' twice" in error.error
    everything_else_works()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_hooks_spelt_right_beside_a_misspelt_one_work(install):
    install("misspelt", MISSPELT)
    assert registry.create("sampler", "spelt_right") == "sampler"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_slow_plugin_is_usable_and_the_limit_can_be_set(install, monkeypatch):
    install("slow", SLOW)
    for limit, slow in (("1.3", []), ("1.1", ["slow"]), ("a while", ["slow"])):
        monkeypatch.setenv("PYG_ENERGYLOSS_SLOW_PLUGIN_SECONDS", limit)
        sys.modules.pop("slow", None)
        registry.reload()
        assert registry.create("loss", "slow_loss") == "slow, but there"
        assert [error.plugin for error in registry.errors()] == slow


@pytest.mark.parametrize("broken", BROKEN, indirect=True)
def test_the_command_line_names_the_plugin_and_the_reason(broken, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = main(["plugins", "--errors"])
    printed = " ".join(capsys.readouterr().out.split())
    assert broken in printed
    assert BROKEN[broken][2] in printed
    assert code == (0 if BROKEN[broken][1] in ("clash", "slow") else 1)


HARMLESS = ("twin", "slow")


@pytest.mark.parametrize("broken", [b for b in BROKEN if b not in HARMLESS], indirect=True)
def test_it_is_warned_of_once(broken):
    with pytest.warns(RuntimeWarning, match=f"{broken}.*energyloss plugins --errors"):
        registry.names("loss")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        registry.names("loss")


@pytest.mark.parametrize("broken", HARMLESS, indirect=True)
def test_a_shared_name_and_a_long_wait_are_no_reason_to_warn(broken):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(registry.errors()) == 1


@pytest.mark.parametrize("broken", ["raises"], indirect=True)
def test_warnings_turned_into_errors_leave_the_registry_working(broken, everything_else_works):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="no luck today"):
            registry.names("loss")
        everything_else_works()


@pytest.mark.parametrize("broken", [b for b in BROKEN if b not in HARMLESS], indirect=True)
def test_strict_raises_every_time(broken, monkeypatch):
    monkeypatch.setenv("PYG_ENERGYLOSS_STRICT_PLUGINS", "1")
    for _ in range(2):
        with pytest.raises(PluginLoadError, match=f"plugin '{broken}' of {broken} 1.0 failed in"):
            registry.names("loss")


def test_allow_list_takes_plugin_or_distribution_names(install, good, monkeypatch):
    install("other-one", "", points={"other": "other_one"})
    for allowed, expected in {
        "good": {"good"},
        "other": {"other"},
        "Other_One": {"other"},
        "good, other": {"good", "other"},
        "": set(),
    }.items():
        monkeypatch.setenv("PYG_ENERGYLOSS_PLUGINS", allowed)
        registry.reload()
        loaded = {p.plugin for p in registry.plugins() if p.status == "loaded"}
        assert loaded == {"builtins"} | expected
        assert registry.get("loss", "mse") is not None


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_allowed_plugin_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("PYG_ENERGYLOSS_PLUGINS", "nowhere")
    (error,) = registry.errors()
    assert (error.plugin, error.phase) == ("nowhere", "PYG_ENERGYLOSS_PLUGINS")
    assert error.error == "it is allowed, but not installed"


def test_block_list_keeps_a_plugin_from_being_imported(install, monkeypatch):
    install("raises", RAISES_ON_IMPORT)
    monkeypatch.setenv("PYG_ENERGYLOSS_DISABLED_PLUGINS", "raises")
    assert registry.errors() == []
    (info,) = [p for p in registry.plugins() if p.plugin == "raises"]
    assert info.status == "disabled"


def test_nothing_is_discovered_before_the_first_lookup(install):
    install("good", "")
    assert "good" not in sys.modules
    registry.names("loss")
    assert "good" in sys.modules


def test_a_plugin_may_look_names_up_while_it_loads(install):
    install(
        "curious",
        """
        from pyg_energyloss import registry

        seen = registry.names("loss")

        @hookimpl
        def energyloss_register_losses(register):
            register("copy", lambda: seen)
        """,
    )
    assert "pair_energy" in registry.create("loss", "copy")


def test_plugins_may_be_objects_and_hooks_may_ignore_the_callback(install):
    install(
        "as-object",
        """
        class Plugin:
            @hookimpl
            def energyloss_register_losses(self, register):
                register("from_object", lambda: 7)

            @hookimpl
            def energyloss_register_samplers(self):
                pass

        plugin = Plugin()
        """,
        target="as_object:plugin",
    )
    assert registry.create("loss", "from_object") == 7


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_one_module_under_two_entry_points_is_registered_once(install):
    install(
        "doubled",
        """
        @hookimpl
        def energyloss_register_losses(register):
            register("single", lambda: 1)
        """,
        points={"one": "doubled", "two": "doubled"},
    )
    assert registry.create("loss", "single") == 1
    (error,) = registry.errors()
    assert (error.plugin, error.phase) == ("two", "register")


def test_a_distribution_without_metadata_still_works(install):
    install(
        "nameless",
        """
        @hookimpl
        def energyloss_register_losses(register):
            register("from_nameless", lambda: 1)
        """,
        metadata=False,
    )
    assert registry.create("loss", "from_nameless") == 1


def test_json_lists_plugins_errors_and_names(install, good, capsys):
    install("raises", RAISES_ON_IMPORT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert main(["plugins", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert main(["plugins", "--json", "--errors"]) == 1
    assert document["names"]["loss"]["good_loss"] == {"distribution": "good", "summary": "works"}
    assert [e["plugin"] for e in document["errors"]] == ["raises"]
    assert {p["plugin"]: p["status"] for p in document["plugins"]}["raises"] == "failed"


PRINTS = """
    print("hello from import")

    @hookimpl
    def energyloss_register_losses(register):
        print("hello from a hook")
        register("loud_loss", "loud_parts:Loss")
"""
LOUD_PARTS = """
    print("hello from a part")
    raise BaseException("and gone")
"""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_plugin_that_prints_leaves_the_output_of_commands_alone(install, capsys):
    install("loud", PRINTS)
    install("loud-parts", LOUD_PARTS, points={})
    assert main(["plugins", "--json", "--check"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["names"]["loss"]["loud_loss"]["distribution"] == "loud"
    (error,) = [e for e in json.loads(told.out)["errors"] if e["plugin"] == "loud"]
    assert error["error"] == "BaseException: and gone"
    for place in ("import", "a hook", "a part"):
        assert f"hello from {place}" in told.err


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_ctrl_c_while_a_plugin_loads_is_the_users(install):
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        registry.names("loss")


COMMANDS = """
    def configure(parser):
        parser.set_defaults(run=lambda options: 7)

    @hookimpl
    def energyloss_register_commands(register):
        register("plugins", configure, summary="another one")
        register("hundred", configure, summary="100 % mine")
"""


def test_commands_of_a_plugin_leave_the_others_working(install, capsys):
    install("mine", COMMANDS)
    assert main(["mine:plugins"]) == 7
    assert main(["hundred"]) == 7
    assert main(["plugins", "--errors"]) == 0
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "hundred 100 % mine" in printed
    assert "mine:plugins another one" in printed


HELP = """
import sys
from pyg_energyloss.cli import main
try:
    main(["--help"])
finally:
    print(sorted(name for name in ("torch", "numpy", "scipy", "rdkit") if name in sys.modules))
"""


def test_help_imports_nothing_heavy_with_our_own_plugins():
    """One that registers 'module:attribute' strings, as the one to copy does, costs nothing."""
    found = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert "template" in {plugin.plugin for plugin in registry.plugins()}
    assert found.stdout.splitlines()[-1] == "[]"


TORCH = """
import sys
from pyg_energyloss import registry
print([(e.plugin, e.phase, e.error) for e in registry.errors() if "torch" in e.error])
"""


def test_a_plugin_that_imports_torch_when_it_loads_is_told_the_remedy(install, tmp_path):
    install("heavy", "import torch")
    found = subprocess.run(
        [sys.executable, "-c", TORCH],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "('heavy', 'slow', \"it imports torch when it is loaded" in found.stdout
    assert "register 'module:attribute' strings" in found.stdout


def test_check_imports_what_is_registered_and_names_what_is_broken(install, capsys):
    install(
        "hollow",
        """
        @hookimpl
        def energyloss_register_losses(register):
            register("nothing_there", "hollow:NoSuchLoss")
        """,
    )
    assert main(["plugins", "--errors"]) == 0
    assert "no plugin failed" in capsys.readouterr().out
    assert main(["plugins", "--check"]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "the loss 'nothing_there' of hollow cannot be loaded from 'hollow:NoSuchLoss'" in printed


IMPORTED = """
import sys
import pyg_energyloss
heavy = {"torch", "torch_geometric", "scipy", "numpy", "pluggy", "ase", "lightning", "hydra"}
print(sorted(n for n in sys.modules if n in heavy or n.startswith("pyg_energyloss_")))
"""


def test_importing_the_package_imports_no_plugin_and_nothing_heavy():
    found = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
