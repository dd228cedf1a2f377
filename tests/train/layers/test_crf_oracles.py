"""Decoding gives what Rasa 3.6.21 gave for the same weights and encoder outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from onnlu_train.layers.crf import CRF

pytestmark = pytest.mark.shared


@dataclass
class Batch:
    """One predict batch: what the encoder gave and what was decoded from it."""

    outputs: dict[str, np.ndarray]
    lengths: np.ndarray

    @property
    def encoded(self) -> np.ndarray:
        return self.outputs["diagnostic_data.text_transformed"]

    def last_two(self) -> tuple[np.ndarray, ...]:
        """Index the last two tokens of each text: Rasa's earlier scores belong to other tags."""
        rows = [(row, step) for row, n in enumerate(self.lengths) for step in (n - 2, n - 1)]
        return tuple(np.array([pair for pair in rows if pair[1] >= 0]).T)

    def check(self, name: str, tags: np.ndarray, scores: np.ndarray) -> None:
        np.testing.assert_array_equal(tags, self.outputs[f"e_{name}_ids"])
        where = self.last_two()
        expected = self.outputs[f"e_{name}_scores"]
        np.testing.assert_allclose(np.asarray(scores)[where], expected[where], atol=1e-5)


class Oracle:
    """Weights and batches of one of Rasa's models."""

    def __init__(self, folder: Path) -> None:
        self.weights = np.load(folder / "weights.npz")
        self._batches = np.load(folder / "batches.npz")
        self._texts = len(json.loads((folder / "label_data.json").read_text("utf-8"))["texts"])

    def dense(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Kernel and bias of an embedding layer."""
        prefix = f"model/_tf_layers/embed..{name}/_dense"
        return self.weights[f"{prefix}/kernel"], self.weights[f"{prefix}/bias"]

    def crf(self, name: str) -> CRF:
        transitions = self.weights[f"model/_tf_layers/crf..{name}/transitions"]
        layer = CRF(len(transitions), 0.0, name=f"crf.{name}")
        layer.transitions.assign(transitions)
        return layer

    def batches(self) -> Iterator[Batch]:
        """Every text alone, then all of them at once."""
        for number in range(self._texts + 1):
            start = f"{number}/out/"
            names = [name for name in self._batches.files if name.startswith(start)]
            outputs = {name.removeprefix(start): self._batches[name] for name in names}
            yield Batch(outputs, self._batches[f"{number}/in/7"].astype(np.int32))


def test_entities_of_the_default_model(shared: Path) -> None:
    oracle = Oracle(shared / "oracles/default")
    crf = oracle.crf("entity")
    kernel, bias = oracle.dense("entity..logits")
    checked = 0
    for batch in oracle.batches():
        batch.check("entity", *crf.decode(batch.encoded @ kernel + bias, batch.lengths))
        checked += len(batch.lengths)
    assert checked == 16


@pytest.mark.parametrize("head", ["role", "group"])
def test_roles_and_groups_depend_on_entities_through_a_table(shared: Path, head: str) -> None:
    oracle = Oracle(shared / "oracles/roles_and_groups")
    entity_kernel, entity_bias = oracle.dense("entity..logits")
    # Rasa concatenates [text, embedded entity tags]; of a product that is two summands.
    kernel, bias = oracle.dense(f"{head}..logits")
    tags_kernel, tags_bias = oracle.dense(f"{head}..tags")
    text_kernel, embedded_kernel = np.split(kernel, [len(entity_kernel)])
    table = (tags_kernel + tags_bias) @ embedded_kernel
    entity_crf, head_crf = oracle.crf("entity"), oracle.crf(head)
    checked = 0
    for batch in oracle.batches():
        tags, scores = entity_crf.decode(batch.encoded @ entity_kernel + entity_bias, batch.lengths)
        batch.check("entity", tags, scores)
        logits = batch.encoded @ text_kernel + bias
        batch.check(head, *head_crf.decode(logits, batch.lengths, tags, table))
        checked += len(batch.lengths)
    assert checked == 10
