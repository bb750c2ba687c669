"""The nevers of the design: which package may import which, lazy imports counted."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORE = ROOT / "pyg_energyloss"

#: package -> packages of ours that it never imports.
NEVER = {
    "files": ["*"],
    "functional": [
        "losses",
        "transforms",
        "data",
        "spins",
        "models",
        "generative",
        "metrics",
        "experiments",
        "report",
        "cli",
        "hosts",
        "paper",
    ],
    "potentials": ["losses", "samplers", "transforms", "data", "experiments", "report", "cli"],
    "stiffness": ["losses", "samplers", "transforms", "experiments", "report", "cli"],
    "rigidity": ["samplers", "losses", "transforms", "data", "experiments", "report", "cli"],
    "symmetry": ["samplers", "losses", "transforms", "experiments", "report", "cli"],
    "samplers": ["losses", "transforms", "experiments", "report", "cli"],
    "losses": ["transforms", "data", "experiments", "report", "cli", "hosts", "metrics"],
    "transforms": ["losses", "experiments", "report", "cli"],
    "data": ["report", "experiments", "cli", "hosts", "losses"],
    "metrics": ["report", "experiments", "cli", "hosts"],
    "spins": ["report", "experiments", "cli", "hosts"],
    "models": ["report", "experiments", "cli", "hosts", "losses"],
    "generative": ["report", "experiments", "cli", "hosts", "losses"],
    "report": ["experiments", "cli", "hosts", "losses", "metrics", "data", "spins", "registry"],
    "registry": ["experiments", "report", "cli", "hosts", "losses", "data"],
    "hosts": ["experiments", "report", "cli"],
    "testing": ["experiments", "report", "cli", "hosts"],
    "experiments": ["cli", "hosts", "paper"],
    "experiments.structures": [
        "experiments.generation",
        "experiments.spins",
        "experiments.crystals",
        "experiments.proteins",
        "cli",
    ],
    "experiments.generation": [
        "experiments.structures",
        "experiments.spins",
        "experiments.crystals",
        "experiments.proteins",
        "cli",
    ],
    "experiments.spins": [
        "experiments.structures",
        "experiments.generation",
        "experiments.crystals",
        "experiments.proteins",
        "cli",
    ],
    "experiments.crystals": [
        "experiments.structures",
        "experiments.generation",
        "experiments.spins",
        "experiments.proteins",
        "cli",
    ],
    # Proteins are structures: the same evaluation, pictures and noise.
    "experiments.proteins": [
        "experiments.generation",
        "experiments.spins",
        "experiments.crystals",
        "cli",
    ],
    "paper": ["cli"],
}


def modules(folder, package):
    """Path of each module by its dotted name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = (package, *path.relative_to(folder).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


@cache
def every_import(path):
    """Dotted names that a file imports, wherever in it, but for type checkers."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    names = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def imported(path, package):
    """Those of them that are of a package."""
    return [name for name in every_import(path) if name.split(".")[0] == package]


def edges(package="pyg_energyloss"):
    """Module -> modules of ours that it imports."""
    known = modules(CORE, package)
    found = {}
    for name, path in known.items():
        targets = set()
        for dotted in imported(path, package):
            parts = dotted.split(".")
            names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
            targets.add(next(name for name in names if name in known))
        found[name] = targets - {name}
    return found


def inside(name, package):
    full = f"pyg_energyloss.{package}"
    return name == full or name.startswith(f"{full}.")


def test_each_arrow_points_the_right_way():
    wrong = []
    for name, targets in edges().items():
        for package, never in NEVER.items():
            if not inside(name, package):
                continue
            for target in targets:
                ours = target != "pyg_energyloss" and target.startswith("pyg_energyloss.")
                if "*" in never and ours:
                    wrong.append(f"{name} imports {target}")
                wrong += [f"{name} imports {target}" for p in never if inside(target, p)]
    assert not wrong, "\n".join(sorted(wrong))


def test_no_file_is_in_a_circle_of_imports():
    assert not circles(edges())


def test_no_folder_is_in_a_circle_of_imports():
    folders: dict[str, set[str]] = {}
    for name, targets in edges().items():
        folder = name.split(".")[1] if "." in name else ""
        if folder:
            others = {t.split(".")[1] for t in targets if "." in t}
            folders.setdefault(folder, set()).update(others - {folder})
    assert not circles(folders)


def test_the_core_imports_no_plugin():
    plugins = {path.name for path in (ROOT / "plugins").glob("*/pyg_energyloss_*")}
    plugins |= {path.stem for path in (ROOT / "plugins").glob("*/pyg_energyloss_*.py")}
    for path in CORE.rglob("*.py"):
        for plugin in plugins:
            assert not imported(path, plugin), f"{path} imports {plugin}"


def test_a_study_without_training_needs_no_lightning():
    graph, known = edges(), modules(CORE, "pyg_energyloss")
    reached, left = set(), ["pyg_energyloss.experiments.study"]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += graph[name]
    assert "pyg_energyloss.experiments.run" in reached
    assert not [name for name in reached if imported(known[name], "lightning")]


def test_the_report_and_the_names_of_the_command_line_need_no_torch():
    for part in ("report", "cli"):
        for path in (CORE / part).rglob("*.py"):
            tree = ast.parse(path.read_text())
            top = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
            names = [a.name for n in top for a in n.names if isinstance(n, ast.Import)]
            names += [n.module for n in top if isinstance(n, ast.ImportFrom)]
            assert not [n for n in names if n.split(".")[0] in {"torch", "lightning"}], path


def circles(graph):
    """The circles of a graph: Tarjan's strongly connected components of more than one node."""
    index, low, on, stack, found = {}, {}, set(), [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for target in graph.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in on:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            component = set()
            while node not in component:
                top = stack.pop()
                on.discard(top)
                component.add(top)
            if len(component) > 1:
                found.append(sorted(component))

    for node in list(graph):
        if node not in index:
            visit(node)
    return found
