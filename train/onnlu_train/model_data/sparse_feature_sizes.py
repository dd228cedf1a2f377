"""How many columns each featurizer gives: what a finetuned model is widened by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from onnlu.message import INTENT, TEXT, Message
from onnlu_train.model_data.keys import LABEL_KEY, TEXT_KEY

SPARSE_FEATURE_SIZES = "sparse_feature_sizes.json"

Sizes = Mapping[str, Mapping[str, Sequence[int]]]
"""Attribute ("text", "label") -> type -> numbers of columns in the order of the featurizers."""

NamedSizes = dict[str, dict[str, dict[str, int]]]
"""Attribute ("text", "label") -> type -> featurizer -> number of columns."""


def sparse_feature_sizes(
    message: Message, featurizers: Sequence[str] = (), label_attribute: str = INTENT
) -> NamedSizes:
    """Return the widths of a message's sparse features, by attribute, type and featurizer.

    Args:
        message: featurized; the columns of a featurizer are as many in each.
        featurizers: origins of the features to use; empty for all.
        label_attribute: of the message, the one whose features describe its label.
    """
    keys = {TEXT: TEXT_KEY, label_attribute: LABEL_KEY}
    sizes: NamedSizes = {}
    for features in message.features:
        used = not featurizers or features.origin in featurizers
        if used and features.is_sparse and features.attribute in keys:
            by_name = sizes.setdefault(keys[features.attribute], {}).setdefault(features.type, {})
            width = int(features.matrix.shape[1])
            by_name[features.origin] = by_name.get(features.origin, 0) + width
    return sizes


def shrunk_sizes(before: Sizes, after: Sizes) -> Iterator[str]:
    """Yield what has become smaller where featurizers have no names."""
    for attribute, kinds in before.items():
        for kind, sizes in kinds.items():
            found = after.get(attribute, {}).get(kind, [])
            if len(found) != len(sizes) or any(n < m for m, n in zip(sizes, found, strict=True)):
                yield f"{attribute}.{kind} had {sizes} columns by featurizer, and now {found}"


def shrunk(before: NamedSizes, after: NamedSizes) -> Iterator[str]:
    """Yield what has become smaller, as lines such as `text.sequence of run_A1: 9 -> 7`."""
    for attribute, kinds in before.items():
        for kind, sizes in kinds.items():
            found = after.get(attribute, {}).get(kind, {})
            for name, size in sizes.items():
                if found.get(name, 0) < size:
                    yield f"{attribute}.{kind} of {name}: {size} -> {found.get(name, 0)} columns"


def aligned(before: NamedSizes, after: NamedSizes) -> tuple[Sizes, Sizes]:
    """Return both without names, featurizer for featurizer, in the order of `after`.

    A featurizer that gave nothing before had no columns.
    """
    after_sizes = {
        attribute: {kind: list(sizes.values()) for kind, sizes in kinds.items()}
        for attribute, kinds in after.items()
    }
    before_sizes = {
        attribute: {
            kind: [before.get(attribute, {}).get(kind, {}).get(name, 0) for name in sizes]
            for kind, sizes in kinds.items()
        }
        for attribute, kinds in after.items()
    }
    return before_sizes, after_sizes
