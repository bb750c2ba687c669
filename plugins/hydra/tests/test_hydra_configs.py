"""Every configuration of every group makes what it says, in any Hydra program."""

import importlib
from pathlib import Path

import pytest

pytest.importorskip("hydra", reason="needs hydra-core")

import pyg_energyloss_hydra
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf

from pyg_energyloss import registry

CONF = Path(pyg_energyloss_hydra.__file__).parent / "conf"
MEMBERS = sorted(str(p.relative_to(CONF).with_suffix("")) for p in CONF.glob("energyloss/*/*.yaml"))


@pytest.fixture
def composed(tmp_path):
    """Compose a program that has an empty configuration of its own, with overrides."""
    (tmp_path / "config.yaml").write_text("{}\n")

    def make(*overrides):
        with initialize_config_dir(str(tmp_path), version_base="1.3"):
            return compose("config", overrides=list(overrides))

    return make


@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_can_be_made(composed, member):
    group, _, name = member.rpartition("/")
    config = composed(f"+{group}={name}")
    made = instantiate(OmegaConf.select(config, group.replace("/", ".")))
    assert made is not None
    if group.endswith("flat"):
        assert made.loss is not None
    elif not group.endswith("callback"):
        kind = group.rsplit("/", maxsplit=1)[1]
        assert type(made) is registry.get(kind, name)


@pytest.mark.parametrize("kind", ["loss", "sampler", "stiffness"])
def test_members_are_names_of_the_registry(kind):
    listed = {Path(m).name for m in MEMBERS if m.startswith(f"energyloss/{kind}/")}
    assert listed <= set(registry.names(kind))
    assert listed


def test_a_program_that_names_no_group_is_composed_as_before(composed):
    assert composed() == {}


@pytest.mark.parametrize("name", ["mattergen", "morered"])
def test_targets_of_the_experiments_exist(composed, name):
    text = (CONF / f"eloss/{name}.yaml").read_text()
    for line in text.splitlines():
        target = line.partition("_target_: ")[2]
        if target.startswith("pyg_energyloss"):
            module, _, attribute = target.rpartition(".")
            assert hasattr(importlib.import_module(module), attribute)
    assert composed(f"+eloss={name}")


def test_the_hosts_are_described():
    for name in ("cdvae", "hydra", "mattergen", "morered"):
        host = registry.create("host", name)
        module, _, attribute = host.adapter.partition(":")
        assert hasattr(importlib.import_module(module), attribute)
