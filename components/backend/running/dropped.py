"""Facts about the inputs and the h that a layer drops, measured on its run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from components.backend.cells import CELLS
from components.backend.running import answers
from components.backend.running.facts import EQUAL, Fact
from components.backend.running.model import plain
from components.backend.running.model_run import ModelRun, run_model
from components.backend.running.results import Run, run_key


def facts(run: Run) -> tuple[Fact, ...]:
    """All that the Explore page states about what a run drops; nothing if it drops nothing.

    Raises:
        EngineError, MismatchError: as `run` does, as the layer runs again without training=True.
    """
    if not run.settings.drops:
        return ()
    return (*_masks(run), _every_step(run), _at_inference(run))


def _masks(run: Run) -> Iterator[Fact]:
    """For each mask: how many numbers it drops, for which gates, and the factor of the others."""
    rates = run.settings.dropout, run.settings.recurrent_dropout
    for name, rate, mask in zip(("x", "h"), rates, run.trace.dropout, strict=True):
        if mask is None:
            continue
        kept, scale = mask[mask != 0], 1 / (1 - rate)
        values = {"rate": rate, "scale": scale, "dropped": int((mask == 0).sum())}
        values |= {"count": mask.size, "masks": len(mask)}
        blocks = len(CELLS[run.settings.cell].block_names)
        shared = "only" if blocks == 1 else "shared" if len(mask) == 1 else "each"
        yield Fact(f"{name}_{shared}", bool((np.abs(kept - scale) <= EQUAL * scale).all()), values)


def _every_step(run: Run) -> Fact:
    """Whether each mask is the same at all steps: it is if the replay, which uses it so, agrees
    with Keras."""
    values = {"steps": run.settings.steps, "difference": run.replay_difference}
    return Fact("every_step", run.replay_agrees, values)


def _at_inference(run: Run) -> Fact:
    """Whether the layer drops nothing when it is called without training=True: then a replay
    without masks agrees with Keras. And how far h is from that of training."""
    found = at_inference(run)
    apart = np.abs(found.layers[0].trace.hidden - run.trace.hidden)
    values = {"difference": found.replay_difference, "largest": float(apart.max())}
    return Fact("at_inference", found.replay_agrees, values)


def at_inference(run: Run) -> ModelRun:
    """The layer of a run, with its weights, called without training=True."""
    states = dict(run.trace.initial)
    model = plain(run.settings, states, training=False)
    key = "at inference", run_key(run.settings, run.weights, states)
    with answers.awaited():
        return answers.cached_alone(key, lambda: run_model(model, run.weights))
