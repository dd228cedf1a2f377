"""Texts that are nearly the same, in one data set or in two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onnlu.message import TEXT
from onnlu_train.data.reading import ReadResult
from onnlu_train.validation.examples import Placed
from onnlu_train.validation.findings import Finding, Kind, Severity
from onnlu_train.validation.near_duplicates import NearDuplicateIndex, groups, normalised


def near_duplicates(examples: Sequence[Placed]) -> Iterator[Finding]:
    """Say how many texts of one data set are nearly the same as another one there."""
    found = groups([normalised(message.data[TEXT]) for message, _ in examples])
    if not found:
        return
    one, other = (examples[index] for index in max(found, key=len)[:2])
    yield Finding(
        Kind.NEAR_DUPLICATES,
        Severity.NOTE,
        f"{sum(map(len, found))} examples in {len(found)} groups are nearly the same as another, "
        f"such as '{one[0].data[TEXT]}' ({one[1]}) and '{other[0].data[TEXT]}' ({other[1]})",
        "word some of them in another way: a model learns little from repetition",
    )


def overlaps_with_test(train: Sequence[Placed], test: Sequence[Placed]) -> Iterator[Finding]:
    """Find test texts that stand in the training data, or nearly so.

    Args:
        train: training examples, and where they stand.
        test: test examples, and where they stand.
    """
    texts = [normalised(message.data[TEXT]) for message, _ in train]
    index = NearDuplicateIndex(texts)
    for message, place in test:
        text = normalised(message.data[TEXT])
        matches = index.matches(text)
        if not matches:
            continue
        known, where = train[matches[0].position]
        if texts[matches[0].position] == text:
            kind, severity = Kind.TEST_TEXT_IN_TRAINING, Severity.WARNING
            message_text = f"'{message.data[TEXT]}' stands in the training data too, at {where}"
        else:
            kind, severity = Kind.NEAR_DUPLICATE_IN_TRAINING, Severity.NOTE
            message_text = (
                f"'{message.data[TEXT]}' is nearly the same as '{known.data[TEXT]}' in the "
                f"training data, at {where}"
            )
        yield Finding.at(
            place, kind, severity, message_text, "take it out of one of them, to test on new texts"
        )


def unknown_labels(train: ReadResult, test: ReadResult) -> Iterator[Finding]:
    """Find intents and entity types of the test data that the training data lacks."""
    known, tested = train.training_data, test.training_data
    for what, names in (
        ("intent", set(tested.intents) - set(known.intents)),
        ("entity type", set(tested.entity_types) - set(known.entity_types)),
    ):
        for name in sorted(names):
            yield Finding(
                Kind.UNKNOWN_LABEL,
                Severity.WARNING,
                f"the {what} '{name}' of the test data is not in the training data",
                "correct the name, or add training examples",
            )
