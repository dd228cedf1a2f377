"""The one description of a batch: what each tensor is, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class FeatureSignature(NamedTuple):
    """Shape and type of one feature, whatever the batch and its longest example.

    Attributes:
        is_sparse: a sparse feature takes three tensors of a batch, a dense one takes one.
        units: width of the last dimension.
        number_of_dimensions: 1 for a number an example, 2 for a vector, 3 for a row a token.
        dtype: numpy's name of the type of the values.
    """

    is_sparse: bool
    units: int
    number_of_dimensions: int
    dtype: str = "float32"


DataSignature = dict[str, dict[str, list[FeatureSignature]]]


def features_of(
    signature: DataSignature,
) -> Iterator[tuple[str, str, int, FeatureSignature]]:
    """Yield (key, sub key, position, feature) in the order of the tensors of a batch."""
    for key, sub_keys in signature.items():
        for sub_key, features in sub_keys.items():
            for position, feature in enumerate(features):
                yield key, sub_key, position, feature


def signature_to_json(signature: DataSignature) -> dict[str, Any]:
    """Return the signature as plain JSON."""
    return {
        key: {
            sub_key: [feature._asdict() for feature in features]
            for sub_key, features in subs.items()
        }
        for key, subs in signature.items()
    }


def signature_from_json(data: dict[str, Any]) -> DataSignature:
    """Rebuild a signature from plain JSON."""
    return {
        key: {
            sub_key: [FeatureSignature(**feature) for feature in features]
            for sub_key, features in subs.items()
        }
        for key, subs in data.items()
    }


def other_features(before: DataSignature, after: DataSignature) -> Iterator[str]:
    """Yield what differs between two signatures but the width of sparse features, in words."""
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, {}), after.get(key, {})
        for sub_key in dict.fromkeys([*old, *new]):
            was, is_now = old.get(sub_key, []), new.get(sub_key, [])
            if _but_for_sparse_width(was) != _but_for_sparse_width(is_now):
                yield f"{key}.{sub_key} was {described(was)}, is {described(is_now)}"


def described(features: Sequence[FeatureSignature]) -> str:
    """Return what features are, in words.

    >>> described([FeatureSignature(True, 9, 3), FeatureSignature(False, 50, 3)])
    'sparse of width 9 and dense of width 50'
    """
    kinds = [f"{'sparse' if f.is_sparse else 'dense'} of width {f.units}" for f in features]
    return " and ".join(kinds) or "missing"


def _but_for_sparse_width(features: Sequence[FeatureSignature]) -> list[FeatureSignature]:
    return [feature._replace(units=0) if feature.is_sparse else feature for feature in features]
