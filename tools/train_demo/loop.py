"""The training loop: steps, their states on disk, and a log that a person can read."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tools.train_demo.batches import Row, collated, grouped
from tools.train_demo.objectives import Objective

_WARM_UP_STEPS = 100
_LAST_LEG = 0.5  # of all steps, in which the learning rate falls
_LOWEST_RATE = 0.02
_LOG_EVERY_STEPS = 50
_VALIDATE_EVERY_STEPS = 500
_BETAS = (0.9, 0.98)
_VALIDATION_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to train.

    Attributes:
        steps: from the very first to the last, over all runs.
        batch_s: seconds of sound a step.
        save_every_s: a run that is stopped loses this much.
    """

    steps: int
    peak_rate: float
    weight_decay: float
    seed: int
    batch_s: float = 90.0
    save_every_s: float = 150.0
    device: str = "cpu"


def train(
    objective: Objective,
    training: Sequence[Row],
    validation: Sequence[Row],
    plan: Plan,
    folder: Path,
    *,
    should_pause: Callable[[int], bool] = lambda _step: False,
) -> bool:
    """Train on from the state in the folder, or from the beginning.

    What a step does depends on the seed and the step's number alone, so a run that is stopped and
    taken up again ends with the same weights.

    Args:
        should_pause: asked with the number of steps done, after each.

    Returns:
        Whether all steps are done; otherwise the state waits to be taken up.
    """
    run = _Run(objective, plan, folder)
    state = run.load()
    log = _Log(folder / "log.jsonl")
    while run.step < plan.steps:
        groups = grouped(training, np.random.default_rng([plan.seed, run.epoch]), plan.batch_s)
        for rows in groups[run.place :]:
            log.add(run.learn(rows), step=run.step)
            if run.step % _VALIDATE_EVERY_STEPS == 0 or run.step == plan.steps:
                log.write(run.step, "validation", run.validated(validation))
            if should_pause(run.step):
                run.save()
                return False
            run.save_when_due()
            if run.step == plan.steps:
                break
        run.next_epoch()
    if not state or state["step"] < plan.steps:
        run.save()
    return True


class _Run:
    """The model in training, and how far it is."""

    def __init__(self, objective: Objective, plan: Plan, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.step = self.epoch = self.place = 0
        self._objective = objective
        self._plan = plan
        self._path = folder / "state.pt"
        self._device = torch.device(plan.device)
        self._model = objective.checkpoint.model.to(self._device).train()
        # The convolutions of the stem are a sixth faster so on CPU.
        self._model.model.audio_tower.to(memory_format=torch.channels_last)
        self._optimizer = torch.optim.AdamW(
            _parameter_groups(self._model, plan.weight_decay), betas=_BETAS, fused=True
        )
        self._saved_at_s = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Take up the state on disk, if there is one."""
        if not self._path.exists():
            return None
        state: dict[str, Any] = torch.load(self._path, map_location=self._device)
        self._model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step, self.epoch, self.place = state["step"], state["epoch"], state["place"]
        self._saved_at_s = time.monotonic()
        return state

    def save(self) -> None:
        """Replace the state on disk."""
        partial = self._path.with_suffix(".partial")
        torch.save(
            {
                "model": self._model.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "step": self.step,
                "epoch": self.epoch,
                "place": self.place,
            },
            partial,
        )
        partial.replace(self._path)
        self._saved_at_s = time.monotonic()

    def save_when_due(self) -> None:
        """Save, if the state on disk is older than a run may lose."""
        if time.monotonic() - self._saved_at_s > self._plan.save_every_s:
            self.save()

    def next_epoch(self) -> None:
        """Begin to go through the examples anew, in another order."""
        self.epoch, self.place = self.epoch + 1, 0

    def learn(self, rows: Sequence[Row]) -> dict[str, float]:
        """One step."""
        plan = self._plan
        torch.manual_seed(plan.seed + self.step)  # for dropout
        batch = collated(rows, np.random.default_rng([plan.seed, self.epoch, self.place]))
        for group in self._optimizer.param_groups:
            group["lr"] = plan.peak_rate * _rate_factor(self.step, plan.steps)
        with self._precision():
            score = self._objective.score(batch.to(self._device), self.step, self.step / plan.steps)
        self._optimizer.zero_grad(set_to_none=True)
        score.loss.backward()  # type: ignore[no-untyped-call]  # torch
        nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
        self._optimizer.step()
        self.step, self.place = self.step + 1, self.place + 1
        return score.figures

    @torch.no_grad()
    def validated(self, rows: Sequence[Row]) -> list[dict[str, float]]:
        """Figures on batches that are not trained on."""
        self._model.eval()
        figures = []
        for group in grouped(rows, np.random.default_rng(_VALIDATION_SEED), self._plan.batch_s):
            batch = collated(group, None).to(self._device)
            figures.append(self._objective.score(batch, self._plan.steps, 1.0).figures)
        self._model.train()
        return figures

    def _precision(self) -> AbstractContextManager[object]:
        if self._device.type == "cuda":
            return torch.autocast("cuda", torch.bfloat16)
        return nullcontext()  # few CPUs compute bfloat16 faster than float32


class _Log:
    """Means of figures, printed and kept as lines of JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began_s = time.monotonic()
        self._training: list[dict[str, float]] = []

    def add(self, figures: dict[str, float], *, step: int) -> None:
        """Take the figures of a training step; write those of the last steps now and then."""
        self._training.append(figures)
        if step % _LOG_EVERY_STEPS == 0:
            self.write(step, "training", self._training)
            self._training.clear()

    def write(self, step: int, kind: str, batches: Sequence[dict[str, float]]) -> None:
        """Print and keep the means of figures."""
        line: dict[str, object] = {"step": step, "kind": kind}
        for name in batches[-1]:
            # Figures come and go with the stages of a training.
            values = [figures[name] for figures in batches if name in figures]
            line[name] = round(float(np.mean(values)), 4)
        line["seconds"] = round(time.monotonic() - self._began_s)
        print(json.dumps(line), flush=True)
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _rate_factor(step: int, step_count: int) -> float:
    """The learning rate as a share of its peak: up, level, then straight down in the last leg.

    So `steps` may change on the way.
    """
    falling = (step_count - step) / (step_count * _LAST_LEG)
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * max(_LOWEST_RATE, min(1.0, falling))


def _parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters with weight decay, which are matrices, and those without: biases and norms."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
