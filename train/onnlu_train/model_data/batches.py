"""Which examples come into which batch of an epoch: orders of indices, no data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from onnlu_train.model_data.feature_array import Indices
from onnlu_train.model_data.rasa_model_data import RasaModelData

_BATCHES_SORTED_TOGETHER = 16
"""With more the batches hold less padding, but the order of an epoch becomes less random."""


def batch_size_of_epoch(batch_size: int | list[int], epoch: int, epochs: int) -> int:
    """Return the batch size of one epoch: fixed, or growing linearly from the first to the last.

    >>> [batch_size_of_epoch([64, 256], epoch, 4) for epoch in range(4)]
    [64, 128, 192, 256]
    """
    if isinstance(batch_size, int):
        return batch_size
    smallest, largest = batch_size
    if epochs < 2:
        return smallest
    return int(smallest + epoch * (largest - smallest) / (epochs - 1))


def epoch_of_batches(
    data: RasaModelData,
    batch_size: int,
    rng: np.random.Generator,
    *,
    balanced: bool = True,
    drop_small_last_batch: bool = False,
    similar_length: bool = True,
) -> Iterator[Indices]:
    """Yield the example indices of each batch of one epoch, in random order.

    Args:
        data: where labels and lengths come from; what it lacks decides nothing.
        batch_size: examples a batch.
        rng: source of the order.
        balanced: keep every label's share in every stretch of the epoch.
        drop_small_last_batch: leave the last batch out if it is less than half full.
        similar_length: put examples of similar length, that come close to each other, into one
            batch, so that little of it is padding.
    """
    order = rng.permutation(data.number_of_examples)
    label_ids = data.label_ids() if balanced else None
    if label_ids is not None:
        order = _balanced(order, label_ids, batch_size, rng)
    if drop_small_last_batch and len(order) > batch_size:
        rest = len(order) % batch_size
        order = order[: len(order) - rest] if rest < batch_size / 2 else order
    lengths = data.lengths() if similar_length else None
    if lengths is None:
        yield from _cut(order, batch_size)
        return
    for stretch in _cut(order, batch_size * _BATCHES_SORTED_TOGETHER):
        by_length = stretch[np.lexsort((rng.random(len(stretch)), lengths[stretch]))]
        batches = list(_cut(by_length, batch_size))
        for number in rng.permutation(len(batches)):
            yield batches[number]


def _cut(order: Indices, size: int) -> Iterator[Indices]:
    return (order[start : start + size] for start in range(0, len(order), size))


def _balanced(
    order: Indices, label_ids: npt.NDArray[np.int64], batch_size: int, rng: np.random.Generator
) -> Indices:
    """Interleave the labels so that each has about its share of every stretch.

    As Rasa 3.6: in rounds over the labels each gives its share of a batch, rounded up; a label
    that has been used up starts again, but only every second round, until all are used up once.
    """
    members = [order[label_ids[order] == label] for label in np.unique(label_ids)]
    share = [int(len(m) / len(order) * batch_size) + 1 for m in members]
    position = [0] * len(members)
    cycles = [0] * len(members)
    skipped = [False] * len(members)
    pieces: list[Indices] = []
    while not all(cycles):
        for label in rng.permutation(len(members)):
            skipped[label] = cycles[label] > 0 and not skipped[label]
            if skipped[label]:
                continue
            start = position[label]
            pieces.append(members[label][start : start + share[label]])
            position[label] = start + share[label]
            if position[label] >= len(members[label]):
                cycles[label] += 1
                position[label] = 0
            if all(cycles):
                break
    return np.concatenate(pieces)
