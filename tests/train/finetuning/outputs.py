"""What models say of old and new texts, and with which weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from onnlu_train.loading import load
from onnlu_train.training import TrainingCallback, TrainingRun

OLD_TEXTS = ["hello", "hi there", "go to oslo", "leave rome now", "fly to nowhere", "?"]

# With a new word, a new shape and a match of a new pattern each.
NEW_TEXTS = ["howdy partner", "teleport me to Ankara", "hello Partner"]


class FirstWeights(TrainingCallback):
    """Keeps what each model weighed before its first step."""

    def __init__(self) -> None:
        self.weights: dict[str, dict[str, np.ndarray]] = {}

    def begin(self, run: TrainingRun) -> None:
        self.weights[run.node] = run.model.weights_by_name()


def outputs(model: Path, node: str, weights: dict[str, np.ndarray] | None = None) -> dict[str, Any]:
    """What a model says of old and new texts, perhaps with other weights."""
    nlu = load(model)
    component = nlu.component(node)
    if weights is not None:
        component.export_spec().model.assign_weights(weights)
    found: dict[str, Any] = component.infer(nlu.features([*OLD_TEXTS, *NEW_TEXTS], node))
    return found


def assert_equal(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], atol=1e-6, rtol=0, err_msg=name)
