"""Run a host's program as it is, and say what happened: weights, the host's metrics, one call.

    python driver.py JOBS.json

Runs in the host's environment; run_programs.py writes the jobs. The host's files are not touched
and its behaviour is not either: what is instrumented here is the Trainer's end of training, which
is observed, and our own `FlatLoss`, of which the first calls are compared with a double loop in
float64. Where this library is not installed, or not switched on, it observes the same. Jobs are
forked from a process that has imported torch and its like, since that takes longer than they do.
"""

import contextlib
import copy
import hashlib
import importlib
import importlib.util
import itertools
import json
import math
import os
import random
import runpy
import signal
import site
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import torch

SEEN = {"calls": [], "fits": [], "own": []}
COMPARED = 2
RAW = {}


def digest(module):
    """SHA-256 of all weights."""
    found = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        found.update(name.encode())
        if isinstance(value, torch.Tensor):
            found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def tensors(path):
    """The bytes of all tensors of a state dict that a program has saved."""
    state = torch.load(path, weights_only=True, map_location="cpu")
    state = state.get("model", state)
    return b"".join(state[k].contiguous().numpy().tobytes() for k in sorted(state))


def double_loop(pred, true, batch, graphs, weight):
    """Mean over graphs of the energy per atom, exponential stiffness, in plain float64 loops.

    Pairs weigh what both atoms do, and the atoms are counted by their weights.
    """
    total = 0.0
    for graph in range(graphs):
        rows = [i for i, g in enumerate(batch) if g == graph]
        energy = 0.0
        for i in rows:
            for j in rows:
                if i != j:
                    d = sum((a - b) ** 2 for a, b in zip(true[i], true[j], strict=True)) ** 0.5
                    p = sum((a - b) ** 2 for a, b in zip(pred[i], pred[j], strict=True)) ** 0.5
                    spring = 0.5 * 2.718281828459045**-d * (d - p) ** 2
                    energy += spring * weight[i] * weight[j]
        total += energy / (sum(weight[i] for i in rows) or 1.0)
    return total / graphs


def crystal_loop(pred, true, batch, cells):
    """The same per cell of crystals: all images within 2.4 mean spacings, in plain loops.

    A predicted atom is taken at the image next to the true one, which is right for errors far
    below half a cell, such as those of the first calls.
    """
    total = 0.0
    for graph, cell in enumerate(cells.double().cpu().numpy()):
        rows = [i for i, g in enumerate(batch) if g == graph]
        y = np.array([true[i] for i in rows])
        moved = (np.array([pred[i] for i in rows]) - y) @ np.linalg.inv(cell)
        y_pred = y + (moved - np.round(moved)) @ cell
        reach = 2.4 * (abs(np.linalg.det(cell)) / len(rows)) ** (1 / 3)
        # As many cells each way as the reach is heights of the cell, and those that atoms span.
        heights = abs(np.linalg.det(cell)) / np.linalg.norm(
            np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]), axis=1
        )
        spans = np.ptp(y @ np.linalg.inv(cell), axis=0) + reach / heights
        energy = 0.0
        for step in itertools.product(*(range(-math.ceil(s), math.ceil(s) + 1) for s in spans)):
            shift = np.array(step) @ cell
            for i in range(len(rows)):
                for j in range(len(rows)):
                    d = math.dist(y[j] + shift, y[i])
                    if 0 < d <= reach * (1 + 1e-6):
                        p = math.dist(y_pred[j] + shift, y_pred[i])
                        energy += 0.5 * math.exp(-d) * (d - p) ** 2
        total += energy / len(rows)
    return total / len(cells)


def watch_losses(own_calls):
    """Compare what our loss gives in the first calls with own loops on the same tensors.

    With ``own_calls`` the host's own loss is kept for each call, for hosts that know no other
    metric.
    """
    if importlib.util.find_spec("pyg_energyloss") is None:
        return
    import pyg_energyloss.hosts.flat_loss as ours

    make, forward = ours.named_per_graph, ours.FlatLoss.forward

    def seeing(self, pred, target, **options):
        RAW.update(pred=pred, target=target, loss=self, mask=options.get("mask"))
        if own_calls:
            with torch.no_grad():
                SEEN["own"].append(float(self.replaced(pred, target)))
        return forward(self, pred, target, **options)

    ours.named_per_graph = lambda name, options: Compared(make(name, options))
    ours.FlatLoss.forward = seeing


class Compared(torch.nn.Module):
    """A loss, of which the first calls are compared; a checkpoint holds the loss alone."""

    def __init__(self, loss):
        super().__init__()
        self.loss = loss

    def forward(self, pos_pred, data):
        """Score as the loss does."""
        values = self.loss(pos_pred, data)
        if len(SEEN["calls"]) < COMPARED and pos_pred.requires_grad:
            SEEN["calls"].append(compared(values, data, RAW))
        return values

    def __reduce__(self):
        return copy.copy, (self.loss,)


def compared(values, data, raw):
    """What our loss gave beside own loops on what the host passed, and its gradient there."""
    own_pred, own_true = positions(raw, data)
    cells = getattr(data, "cell", None)
    if cells is None:
        weight = getattr(data, "pos_weight", torch.ones(len(own_pred))).tolist()
        own = double_loop(own_pred, own_true, data.batch.tolist(), data.num_graphs, weight)
    else:
        own = crystal_loop(own_pred, own_true, data.batch.tolist(), cells)
    found = float(values.detach().double().mean())
    gradient = torch.autograd.grad(values.sum(), raw["pred"], retain_graph=True)[0]
    return {
        "value": found,
        "own": own,
        "relative": abs(found - own) / max(abs(own), 1e-30),
        "gradient_norm": float(gradient.norm()),
        "gradient_finite": bool(gradient.isfinite().all()),
        "graphs": data.num_graphs,
        "nodes": len(data.batch),
    }


def positions(raw, data):
    """Predicted and true positions, worked out again from what the host passed, in float64."""
    loss, context = raw["loss"], data._context  # noqa: SLF001 - what the loss was called in
    mask = raw["mask"] if raw["mask"] is not None else context.get("mask")

    def rows(x):
        x = x.detach().double()
        if x.dim() == 3:
            x = x[mask.reshape(mask.shape[:2]).bool()]
        return x

    def of_nodes(field):
        """Values of nodes; a host may have one of each graph."""
        values = rows(context.get(field)).reshape(-1, 1)
        return values[data.batch] if len(values) == data.num_graphs else values

    def structure(x):
        if loss.parametrization == "x0":
            return rows(x)
        time = of_nodes("alpha")
        if loss.parametrization == "epsilon":
            sigma = of_nodes("sigma")
            return (rows(context.get("x_t")) - sigma * rows(x)) / time
        if loss.parametrization == "flow_to_data":
            return rows(context.get("x_t")) + (1 - time) * rows(x)
        raise ValueError(loss.parametrization)

    true = rows(context.get("pos")) if loss.target == "batch" else structure(raw["target"])
    return (loss.scale * structure(raw["pred"])).tolist(), (loss.scale * true).tolist()


def watch_trainers(validate, own_loss, seed):
    """Keep weights and the host's own metrics when a Trainer has fitted; choose its seed."""
    for package in ("lightning", "lightning.pytorch", "pytorch_lightning"):
        try:
            module = importlib.import_module(package)
        except ImportError:
            continue
        if seed is not None:
            module.seed_everything = _seeded(module.seed_everything, seed)
        if package != "lightning":
            module.Trainer.fit = _watched(module.Trainer.fit, validate, own_loss)


def _seeded(original, seed):
    """Programs that write their seed into the source get the one of the command line."""

    def seeded(*_given, **named):
        return original(seed, **{k: v for k, v in named.items() if k != "seed"})

    return seeded


def _watched(fit, validate, own_loss):
    def watched(self, model, *given, **named):
        started = time.perf_counter()
        found = fit(self, model, *given, **named)
        result = {
            "seconds": round(time.perf_counter() - started, 1),
            "steps": self.global_step,
            "weights": digest(model),
            "parameters": sum(p.numel() for p in model.parameters()),
            "metrics": {k: float(v) for k, v in self.callback_metrics.items()},
        }
        if validate:
            result["after"] = _validated(self, model, given, named)
        if own_loss:
            result["own_loss"] = _own_loss(self, model)
        SEEN["fits"].append(result)
        return found

    return watched


def _validated(trainer, model, given, named):
    """The host's own validation, with its own loss: our callbacks are gone."""
    ours = ("EnergyLossCallback", "PLEnergyLossCallback")
    trainer.callbacks = [c for c in trainer.callbacks if type(c).__name__ not in ours]
    torch.manual_seed(0)
    data = {"datamodule": named["datamodule"]} if named.get("datamodule") is not None else {}
    if not data and len(given) > 1:
        data = {"dataloaders": given[1]}
    metrics = trainer.validate(model, verbose=False, **data)
    return {k: v for one in metrics for k, v in one.items()}


def _own_loss(trainer, model):
    """What the host's own training step logs on the validation batches, without a gradient."""
    logged = {}

    def record(name, value, *_given, **_named):
        logged.setdefault(name, []).append(float(value))

    def record_all(values, *given, **named):
        for name, value in values.items():
            record(name, value, *given, **named)

    model.log, model.log_dict = record, record_all
    model.eval()
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 - what programs draw from
    random.seed(0)
    with torch.no_grad():
        for number, batch in enumerate(trainer.datamodule.val_dataloader()):
            model.training_step(batch, number)
    return {name: float(np.mean(values)) for name, values in logged.items()}


def run(job):
    """Run a program in this process; what was seen of it goes into the job's report."""
    options, program = job["options"], job["program"]
    seed, report = job["seed"], Path(job["report"]).resolve()
    watch_losses("--own-calls" in options)
    watch_trainers("--validate" in options, "--own-loss" in options, seed)
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what programs draw from
    random.seed(seed)
    module = program[0] == "-m"
    target, *rest = program[1:] if module else program
    sys.argv = [target, *rest]
    sys.path[0] = str(Path.cwd() if module else Path(target).resolve().parent)
    used = []
    if "--optimizer" in options:

        def note(optimizer, _given, _named):
            used[:] = [optimizer]

        hooks = importlib.import_module("torch.optim.optimizer")
        hooks.register_optimizer_step_post_hook(note)
    try:
        start = runpy.run_module if module else runpy.run_path
        start(target, run_name="__main__", **({"alter_sys": True} if module else {}))
    finally:
        if "--weights" in options and Path(options[options.index("--weights") + 1]).exists():
            path = options[options.index("--weights") + 1]
            SEEN["weights"] = hashlib.sha256(tensors(path)).hexdigest()
        if used:
            SEEN["weights"] = trained(used[0])
        report.write_text(json.dumps(SEEN, indent=2) + "\n")


def trained(optimizer):
    """SHA-256 of what an optimizer trains, for programs that save nothing."""
    found = hashlib.sha256()
    for group in optimizer.param_groups:
        for value in group["params"]:
            found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def child(job):
    """A process of its own for one job, forked from one that has imported what takes long."""
    started, number = time.perf_counter(), os.fork()
    if number == 0:
        status = 1
        try:
            log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.environ.update(job["environment"])
            if job["site"]:
                site.addsitedir(job["site"])
            run(job)
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
            if isinstance(stop.code, str):
                print(stop.code, file=sys.stderr)
        except BaseException:  # noqa: BLE001 - as python ends a program
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    while time.perf_counter() - started < job["limit"]:
        ended, status = os.waitpid(number, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), time.perf_counter() - started
        time.sleep(0.1)
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    return "time limit", time.perf_counter() - started


def main():
    """Run the jobs of a file, one after another, and write how each ended."""
    path = Path(sys.argv[1])
    given = json.loads(path.read_text())
    for name in given["preload"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    ended = [child(job) for job in given["jobs"]]
    path.write_text(json.dumps([{"exit": e, "seconds": round(s, 1)} for e, s in ended]))


if __name__ == "__main__":
    main()
