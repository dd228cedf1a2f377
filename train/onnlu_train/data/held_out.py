"""Which examples are validated on: a part of the training data, or data of their own."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from onnlu.message import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT, Message
from onnlu.training_data import TrainingData
from onnlu_engine.errors import InvalidDataException
from onnlu_train.data.importer import TrainingDataImporter


def validation_paths(train: Mapping[str, Any]) -> list[Path]:
    """Return the files and folders that the keys of `train:` name to validate on.

    >>> [path.name for path in validation_paths({"validation_data": "data/dev.yml"})]
    ['dev.yml']
    """
    named = train.get("validation_data") or []
    return [Path(path) for path in ([named] if isinstance(named, str) else named)]


class ImporterWithValidation:
    """Training data, and what a training is validated on.

    Args:
        training: reads the training data.
        validation: reads validation data; None for none, or for a part of the training data.
        split: the share of the training data that is held out.
    """

    def __init__(
        self,
        training: TrainingDataImporter,
        validation: TrainingDataImporter | None = None,
        split: float = 0.0,
    ) -> None:
        self._training, self._validation, self._split = training, validation, split

    def nlu_data(self) -> TrainingData:
        """Return what is trained on.

        Raises:
            InvalidDataException: the files have problems, or nothing can be held out.
        """
        return self._parts[0]

    def validation_data(self) -> TrainingData:
        """Return what is validated on; without examples where there is nothing.

        Raises:
            InvalidDataException: the files have problems, or nothing can be held out.
        """
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[TrainingData, TrainingData]:
        training = self._training.nlu_data()
        if self._validation is not None:
            return training, self._validation.nlu_data()
        if not self._split:
            return training, TrainingData()
        kept, held_out = split_examples(training.examples, self._split)
        if not held_out:
            raise InvalidDataException(
                f"A validation split of {self._split:g} holds out none of "
                f"{len(training.examples)} examples: raise train.validation_split, or name "
                "train.validation_data."
            )
        part = self._training.result.part(kept)
        return part, replace(part, examples=held_out)


def split_examples(
    examples: Sequence[Message], share: float
) -> tuple[list[Message], list[Message]]:
    """Split examples, stratified by intent.

    Of each intent those with the smallest digests of their texts are held out: the same ones in
    every run, and nearly the same ones when examples are added. What the training would know
    nothing of otherwise, such as the only example of an entity type, is not held out. Of n
    examples of an intent at most `ceil(share * n)` are, and never all.

    Args:
        examples: in any order.
        share: how many to hold out, from 0 to 0.5.

    Returns:
        Those to train on and those held out, both in their order.
    """
    strata: dict[str, list[Message]] = defaultdict(list)
    for message in examples:
        strata[message.get(INTENT) or ""].append(message)
    held_out: set[int] = set()
    owed = 0.0
    for _, stratum in sorted(strata.items()):
        most = min(math.ceil(share * len(stratum)), len(stratum) - 1)
        if most == 0:  # what it cannot give, no other gives for it
            continue
        # Rounding errors go on to the next intent: small ones give their share together.
        owed += share * len(stratum)
        number = max(0, min(round(owed), most))
        owed -= number
        held_out |= {id(message) for message in sorted(stratum, key=_digest)[:number]}
    known = {value for m in examples if id(m) not in held_out for value in _values(m)}
    for message in examples:
        if id(message) in held_out and not _values(message) <= known:
            held_out.remove(id(message))
            known |= _values(message)
    return (
        [message for message in examples if id(message) not in held_out],
        [message for message in examples if id(message) in held_out],
    )


def _digest(message: Message) -> bytes:
    return hashlib.sha256(message.data[TEXT].encode()).digest()


def _values(message: Message) -> set[tuple[str, str]]:
    """Return what a model learns from a message to tell apart: intents, types, roles, groups."""
    values = {(key, message.get(key)) for key in (INTENT, INTENT_RESPONSE_KEY) if message.get(key)}
    for entity in message.get(ENTITIES, ()):
        values |= {(key, entity[key]) for key in ("entity", "role", "group") if entity.get(key)}
    return values
