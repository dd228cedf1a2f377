"""A model's outputs become attributes of messages, in TensorFlow and in ONNX Runtime alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy.typing as npt

from onnlu.decoding.bilou import consistent_bilou
from onnlu.decoding.facts import PredictionFacts
from onnlu.decoding.ranking import rank_intents_batch
from onnlu.decoding.spans import entities_from_tags
from onnlu.decoding.tags import Tag
from onnlu.message import ENTITIES, INTENT, INTENT_RANKING, TEXT, Message, Token
from onnlu_engine.errors import CorruptModelException

INTENT_CONFIDENCES: Final = "intent.confidences"

Outputs = Mapping[str, npt.NDArray[Any]]


class _Head(NamedTuple):
    """One tagging head: its kind, its tags by id, and the names of its outputs."""

    kind: str
    tags: tuple[Tag, ...]
    tags_output: str
    scores_output: str


class _TaggedRow(NamedTuple):
    """What one head says about one text, padding included."""

    head: _Head
    ids: list[int]
    scores: list[float]


class PredictionDecoder:
    """Sets intent, ranking and entities on messages, from the outputs of a batch.

    Outputs are `intent.confidences` float32 [batch, labels], and for each tagging head, such as
    "entity", `entity.tags` int32 [batch, time] and `entity.scores` float32 [batch, time].
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        """Read the facts of a model.

        Args:
            facts: what `PredictionFacts.to_json` returned.

        Raises:
            CorruptModelException: the facts have a wrong shape.
        """
        self._facts = PredictionFacts.from_json(facts)
        self._heads = [
            _Head(spec.name, spec.parsed(), f"{spec.name}.tags", f"{spec.name}.scores")
            for spec in self._facts.tag_specs
        ]

    is_trained: Final = True

    def annotate(self, message: Message, outputs: Outputs) -> None:
        """Set what a batch of one message says; see `annotate_batch`."""
        self.annotate_batch([message], outputs)

    def annotate_batch(self, messages: Sequence[Message], outputs: Outputs) -> None:
        """Set `intent` and `intent_ranking`, and append to `entities`, of each message.

        Without intents, or without entities, in the facts these stay as they are.

        Args:
            messages: [batch], tokenized.
            outputs: name -> array, with `batch` rows each and a time step for every token.

        Raises:
            CorruptModelException: the outputs do not fit the facts or the messages.
        """
        if self._facts.labels:
            self._set_intents(messages, outputs)
        if self._heads:
            self._add_entities(messages, outputs)

    def annotate_without_features(self, message: Message) -> None:
        """Say that nothing is known of a message that no featurizer knows a feature of."""
        if self._facts.labels:
            message.set(INTENT, {"name": None, "confidence": 0.0})
            message.set(INTENT_RANKING, [])

    def _set_intents(self, messages: Sequence[Message], outputs: Outputs) -> None:
        facts = self._facts
        confidences = outputs[INTENT_CONFIDENCES]
        _check_shape(INTENT_CONFIDENCES, confidences, (len(messages), len(facts.labels)))
        rankings = rank_intents_batch(
            confidences, facts.labels, facts.ranking_length, facts.renormalize_confidences
        )
        for message, ranking in zip(messages, rankings, strict=True):
            message.set(INTENT, ranking[0].copy())
            message.set(INTENT_RANKING, ranking)

    def _add_entities(self, messages: Sequence[Message], outputs: Outputs) -> None:
        batches = []
        steps = max((len(message.tokens[TEXT]) for message in messages), default=0)
        for head in self._heads:
            ids, scores = outputs[head.tags_output], outputs[head.scores_output]
            _check_steps(head.tags_output, ids, len(messages), steps)
            _check_shape(head.scores_output, scores, ids.shape)
            batches.append((head, ids.tolist(), scores.tolist()))
        for index, message in enumerate(messages):
            rows = [_TaggedRow(head, ids[index], scores[index]) for head, ids, scores in batches]
            found = self._entities(message.get(TEXT), message.tokens[TEXT], rows)
            message.set(ENTITIES, [*message.get(ENTITIES, ()), *found])

    def _entities(
        self, text: str, tokens: Sequence[Token], rows: Sequence[_TaggedRow]
    ) -> list[dict[str, Any]]:
        count = len(tokens)
        if not any(rows[0].ids[:count]):
            return []
        tags: dict[str, Sequence[Tag]] = {}
        confidences: dict[str, Sequence[float]] = {}
        for head, ids, scores in rows:
            names, own = _tags_by_id(head, ids[:count]), scores[:count]
            if self._facts.bilou:
                names, own = consistent_bilou(names, own)
            tags[head.kind], confidences[head.kind] = names, own
        split_by_comma = self._facts.split_entities_by_comma
        entities = entities_from_tags(text, tokens, tags, confidences, split_by_comma)
        for entity in entities:
            entity["extractor"] = self._facts.extractor
        return entities


def _tags_by_id(head: _Head, ids: list[int]) -> list[Tag]:
    try:
        return [head.tags[tag] for tag in ids]
    except IndexError:
        raise CorruptModelException(
            f"the model's output {head.tags_output!r} holds the tag {max(ids)}, its facts know "
            f"only {len(head.tags)} tags; export the model again"
        ) from None


def _check_steps(name: str, array: npt.NDArray[Any], batch: int, steps: int) -> None:
    if array.ndim != 2 or array.shape[0] != batch or array.shape[1] < steps:
        raise _misfit(name, array.shape, f"({batch}, at least {steps})")


def _check_shape(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise _misfit(name, array.shape, str(shape))


def _misfit(name: str, shape: tuple[int, ...], expected: str) -> CorruptModelException:
    return CorruptModelException(
        f"the model's output {name!r} has the shape {shape}, its facts and the messages ask for "
        f"{expected}; export the model again"
    )
