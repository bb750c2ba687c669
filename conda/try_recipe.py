"""Build and test the recipe where conda-forge cannot be reached.

    python3.11 -m pip install . hatchling py-rattler py-rattler-build pyyaml
    python conda/try_recipe.py WORK

What the recipe needs is packed from the running Python environment into a channel of stand-ins
(the interpreter, pip, hatchling, and the dependencies with all of theirs under the names that they
have on conda-forge). rattler-build then solves the recipe's environments, builds the package and
runs the recipe's tests in them. It shows that the recipe builds and that what comes out works, not
that conda-forge has these versions. Linux and macOS.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import Platform
from rattler.index import index_fs
from rattler_build import FileEntry, Package, Stage0Recipe, assemble_package

RECIPE = Path(__file__).with_name("recipe.yaml")
#: Names on conda-forge that differ from those on PyPI.
RENAMED = {"torch": "pytorch", "torch-geometric": "pytorch_geometric"}
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = f"lib/python{VERSION}/site-packages"


def main() -> None:
    """Pack the stand-ins, build, test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="folder for the channel (some GB), emptied first")
    work = parser.parse_args().work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    requirements = yaml.safe_load(RECIPE.read_text())["requirements"]
    wanted = {line.split()[0] for part in ("host", "run") for line in requirements[part]}
    pack_python(work)
    on_pypi = {theirs: ours for ours, theirs in RENAMED.items()}
    for name in closure(on_pypi.get(name, name) for name in wanted - {"python"}):
        pack(distribution(name), work)
    asyncio.run(index_fs(work))
    channel = work.as_uri()
    (recipe,) = Stage0Recipe.from_file(RECIPE).render()
    built = recipe.run_build(channels=[channel], output_dir=work)
    results = Package.from_file(built.packages[0]).run_tests(channel=[channel])
    for result in results:
        print(*result.output, sep="\n")
    print(f"{built.packages[0]}: {sum(r.success for r in results)} of {len(results)} tests passed")
    sys.exit(not all(r.success for r in results))


def pack_python(work: Path) -> None:
    """Pack the interpreter and its library, without packages and without its own tests."""
    base = Path(sys.base_prefix)
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [
        FileEntry.from_paths(path, path.relative_to(base))
        for path in library.rglob("*")
        if path.is_file()
        and not {"__pycache__", "site-packages", "test", "ensurepip"} & set(path.parts)
    ]
    binary = base / "bin" / f"python{VERSION}"
    files += [FileEntry.from_paths(binary, f"bin/{n}") for n in (binary.name, "python3", "python")]
    files += [
        FileEntry.from_paths(path, path.relative_to(base))
        for path in (base / "lib").glob(f"libpython{VERSION}*")
    ]
    release = ".".join(str(part) for part in sys.version_info[:3])
    _assemble("python", release, files, [], work)


def closure(names: Iterable[str]) -> list[str]:
    """These distributions and all that they require here."""
    found: dict[str, None] = {}
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found[name] = None
            left += required(distribution(name))
    return list(found)


def required(dist: Distribution) -> list[str]:
    """Names of what a distribution requires here, without extras."""
    parsed = [Requirement(line) for line in dist.requires or ()]
    return [
        canonicalize_name(r.name)
        for r in parsed
        if r.marker is None or r.marker.evaluate({"extra": ""})
    ]


def pack(dist: Distribution, work: Path) -> None:
    """Pack an installed distribution as it lies in this environment."""
    root = Path(str(dist.locate_file(""))).resolve()
    prefix = Path(sys.prefix).resolve()
    files = []
    for entry in dist.files or ():
        path = Path(str(dist.locate_file(entry))).resolve()
        if "__pycache__" in path.parts or not path.is_file():
            continue
        inside = path.is_relative_to(root)
        to = f"{SITE}/{path.relative_to(root)}" if inside else str(path.relative_to(prefix))
        files.append(FileEntry.from_paths(path, to))
    depends = [f"python {VERSION}.*", *(RENAMED.get(name, name) for name in required(dist))]
    name = canonicalize_name(dist.name)
    _assemble(RENAMED.get(name, name), dist.version.partition("+")[0], files, depends, work)


def _assemble(
    name: str, version: str, files: list[FileEntry], depends: list[str], work: Path
) -> None:
    target = str(Platform.current())
    folder = work / target
    folder.mkdir(parents=True, exist_ok=True)
    assemble_package(
        name,
        version,
        target,
        "standin_0",
        folder,
        files=files,
        depends=depends,
        compression_level=1,
        detect_prefix=False,
    )
    print(f"packed {name} {version}: {len(files)} files", flush=True)


if __name__ == "__main__":
    main()
