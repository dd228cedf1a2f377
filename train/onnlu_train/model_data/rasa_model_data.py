"""All features of all examples, by what they describe, as a model is trained on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from onnlu_train.model_data.feature_array import DenseArray, FeatureArray, Indices
from onnlu_train.model_data.keys import LENGTHS, TEXT_KEY
from onnlu_train.model_data.signature import DataSignature


class RasaModelData:
    """Feature arrays by key and sub key, such as `data["text"]["sequence"]`.

    Args:
        label_key: key of the label ids that balance batches and stratify splits; None for none.
        label_sub_key: their sub key.
        data: what is there already.

    Raises:
        ValueError: arrays differ in their number of examples.
    """

    def __init__(
        self,
        label_key: str | None = None,
        label_sub_key: str | None = None,
        data: dict[str, dict[str, list[FeatureArray]]] | None = None,
    ) -> None:
        self.label_key = label_key
        self.label_sub_key = label_sub_key
        self.data: dict[str, dict[str, list[FeatureArray]]] = {}
        self.number_of_examples = 0
        for key, sub_keys in (data or {}).items():
            for sub_key, arrays in sub_keys.items():
                self.add_features(key, sub_key, arrays)

    def add_features(self, key: str, sub_key: str, arrays: Sequence[FeatureArray]) -> None:
        """Add arrays under a key; empty ones are left out.

        Raises:
            ValueError: an array has another number of examples than the data.
        """
        arrays = [array for array in arrays if len(array)]
        for array in arrays:
            if self.data and len(array) != self.number_of_examples:
                raise ValueError(
                    f"{key}.{sub_key} has {len(array)} examples, the data {self.number_of_examples}"
                )
            self.data.setdefault(key, {}).setdefault(sub_key, []).append(array)
            self.number_of_examples = len(array)

    def get(self, key: str, sub_key: str) -> list[FeatureArray]:
        """Return the arrays under a key, or an empty list."""
        return self.data.get(key, {}).get(sub_key, [])

    def is_empty(self) -> bool:
        """True where there is no feature."""
        return not self.data

    def sort(self) -> None:
        """Order keys and sub keys alphabetically: the order of the tensors of a batch."""
        self.data = {
            key: {sub_key: sub_keys[sub_key] for sub_key in sorted(sub_keys)}
            for key, sub_keys in sorted(self.data.items())
        }

    def signature(self) -> DataSignature:
        """Return what a batch looks like."""
        return signature_of(self.data)

    def take(self, examples: Indices) -> RasaModelData:
        """Return some examples, in the given order."""
        data = {
            key: {
                sub_key: [array.take(examples) for array in arrays]
                for sub_key, arrays in subs.items()
            }
            for key, subs in self.data.items()
        }
        return RasaModelData(self.label_key, self.label_sub_key, data)

    def first_data_example(self) -> RasaModelData:
        """Return the first example alone."""
        return self.take(np.arange(1))

    def batch(self, examples: Indices) -> tuple[npt.NDArray[np.generic], ...]:
        """Return the tensors of some examples: one flat tuple in the order of the signature."""
        tensors: list[npt.NDArray[np.generic]] = []
        for sub_keys in self.data.values():
            for arrays in sub_keys.values():
                for array in arrays:
                    tensors.extend(array.batch(examples))
        return tuple(tensors)

    def label_ids(self) -> npt.NDArray[np.int64] | None:
        """Return one label id an example, or None where there are none."""
        if self.label_key is None or self.label_sub_key is None:
            return None
        arrays = self.get(self.label_key, self.label_sub_key)
        if not arrays or not isinstance(arrays[0], DenseArray):
            return None
        return arrays[0].values.astype(np.int64)

    def lengths(self) -> npt.NDArray[np.int64] | None:
        """Return the number of tokens of each text, or None where there are no texts."""
        arrays = self.get(TEXT_KEY, LENGTHS)
        if not arrays or not isinstance(arrays[0], DenseArray):
            return None
        return arrays[0].values.astype(np.int64)

    def split(
        self, number_of_test_examples: int, random_seed: int
    ) -> tuple[RasaModelData, RasaModelData]:
        """Split into training and test data, stratified by label.

        A label with a single example stays in the training data.

        Raises:
            ValueError: fewer test examples than labels, or too few left to train on.
        """
        train, test = _stratified_split(
            self._strata(), number_of_test_examples, np.random.default_rng(random_seed)
        )
        return self.take(train), self.take(test)

    def _strata(self) -> npt.NDArray[np.int64]:
        label_ids = self.label_ids()
        if label_ids is None:
            return np.zeros(self.number_of_examples, np.int64)
        return label_ids


def signature_of(data: Mapping[str, Mapping[str, Sequence[FeatureArray]]]) -> DataSignature:
    """Return what a batch of feature arrays by key and sub key looks like."""
    return {
        key: {sub_key: [array.signature for array in arrays] for sub_key, arrays in subs.items()}
        for key, subs in data.items()
    }


def _stratified_split(
    strata: npt.NDArray[np.int64], number_of_test_examples: int, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """Return indices for training and test, sorted."""
    labels, counts = np.unique(strata, return_counts=True)
    eligible = labels[counts > 1]
    if number_of_test_examples < len(eligible):
        raise ValueError(
            f"{number_of_test_examples} test examples for {len(eligible)} labels: "
            "ask for at least one a label"
        )
    if number_of_test_examples >= len(strata) - len(labels):
        raise ValueError(
            f"{number_of_test_examples} test examples of {len(strata)} leave too few to train on"
        )
    members = {label: rng.permutation(np.flatnonzero(strata == label)) for label in eligible}
    quota = _quotas(counts[counts > 1], number_of_test_examples)
    test = np.concatenate([members[label][:n] for label, n in zip(eligible, quota, strict=True)])
    train = np.setdiff1d(np.arange(len(strata)), test)
    return train, np.sort(test)


def _quotas(counts: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.int64]:
    """Share `total` out in proportion: at least one each, at most all but one."""
    exact = counts / counts.sum() * total
    quota = np.clip(np.floor(exact).astype(np.int64), 1, counts - 1)
    while quota.sum() < total and (quota < counts - 1).any():
        quota[np.argmax(np.where(quota < counts - 1, exact - quota, -np.inf))] += 1
    while quota.sum() > total:
        quota[np.argmax(np.where(quota > 1, quota - exact, -np.inf))] -= 1
    return quota
