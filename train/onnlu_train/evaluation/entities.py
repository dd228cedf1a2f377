"""Entities: which were found, with exactly their borders or at least overlapping."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from onnlu.decoding.tags import ENTITY
from onnlu_train.evaluation.labels import Scores
from onnlu_train.evaluation.predictions import Prediction

UNNAMED_EXTRACTOR: Final = "unnamed_extractor"


class Span(NamedTuple):
    """Characters [start, end) of a text, and what they are: a type, role or group."""

    start: int
    end: int
    label: str


class SpanPair(NamedTuple):
    """The spans of one text: those that are right, and those that were found."""

    expected: frozenset[Span]
    found: frozenset[Span]


@dataclass(frozen=True)
class SpanScores:
    """Scores of spans.

    Attributes:
        by_label: by type, role or group; sorted by name.
        micro: of all spans alike.
    """

    by_label: dict[str, Scores]
    micro: Scores

    def to_json(self) -> dict[str, Any]:
        """Return the scores of each label, and over all of them."""
        return {
            "labels": {label: scores.to_json() for label, scores in self.by_label.items()},
            "micro avg": self.micro.to_json(),
        }


@dataclass(frozen=True)
class EntityEvaluation:
    """What was found of entities.

    Attributes:
        predictions: what is right and what was found in each text.
        extractor: whose entities; None for those of all extractors together.
    """

    predictions: tuple[Prediction, ...]
    extractor: str | None = None

    def found(self, prediction: Prediction) -> list[Mapping[str, Any]]:
        """Return the entities that this extractor, or any, found in a text."""
        return [
            entity
            for entity in prediction.entities
            if self.extractor is None or extractor_of(entity) == self.extractor
        ]

    def pairs(self, kind: str = ENTITY) -> list[SpanPair]:
        """Return the spans of each text; `kind` is "entity", "role" or "group"."""
        return [self.pair(prediction, kind) for prediction in self.predictions]

    def pair(self, prediction: Prediction, kind: str = ENTITY) -> SpanPair:
        """Return the spans of one text."""
        return SpanPair(
            _spans(prediction.expected_entities, kind), _spans(self.found(prediction), kind)
        )

    def exact(self, kind: str = ENTITY) -> SpanScores:
        """Return the scores where an entity is found if its start, end and type are right."""
        return span_scores(self.pairs(kind), _is_same)

    def overlap(self, kind: str = ENTITY) -> SpanScores:
        """Return the scores where the right type and one shared character are enough."""
        return span_scores(self.pairs(kind), _overlaps)

    def errors(self) -> list[Prediction]:
        """Return where something is missed or wrongly found, the most mistakes first."""
        wrong = [
            (len(pair.expected ^ pair.found), prediction)
            for pair, prediction in zip(self.pairs(), self.predictions, strict=True)
            if pair.expected != pair.found
        ]
        return [prediction for _, prediction in sorted(wrong, key=lambda item: -item[0])]

    def successes(self) -> list[Prediction]:
        """Return where all entities were found, of the texts that have some."""
        return [
            prediction
            for pair, prediction in zip(self.pairs(), self.predictions, strict=True)
            if pair.expected and pair.expected == pair.found
        ]

    def confidences(self) -> tuple[list[float], list[float]]:
        """Return the confidences of right and of wrong entities, where there are confidences."""
        right: list[float] = []
        wrong: list[float] = []
        for pair, prediction in zip(self.pairs(), self.predictions, strict=True):
            for entity in self.found(prediction):
                if entity.get("confidence_entity") is not None:
                    is_right = _span(entity, ENTITY) in pair.expected
                    (right if is_right else wrong).append(entity["confidence_entity"])
        return right, wrong

    def figures(self) -> dict[str, float]:
        """Return precision, recall and F1 over all entities."""
        exact, overlap = self.exact().micro, self.overlap().micro
        return {
            "precision": exact.precision,
            "recall": exact.recall,
            "f1": exact.f1,
            "overlap_f1": overlap.f1,
        }


def entity_evaluations(predictions: Sequence[Prediction]) -> list[EntityEvaluation]:
    """Return an evaluation of all extractors together, then one for each that found something.

    Without any entity, right or found, there is none.
    """
    every = tuple(predictions)
    if not any(p.expected_entities or p.entities for p in every):
        return []
    names = sorted({extractor_of(entity) for p in every for entity in p.entities})
    return [EntityEvaluation(every), *(EntityEvaluation(every, name) for name in names)]


def extractor_of(entity: Mapping[str, Any]) -> str:
    """Return the name of the component that found an entity."""
    return entity.get("extractor") or UNNAMED_EXTRACTOR


def file_name(extractor: str) -> str:
    """Return how the files of an extractor begin.

    >>> file_name("my.Extractor")
    'my_Extractor'
    """
    return re.sub(r"\W", "_", extractor)


def span_scores(pairs: Iterable[SpanPair], matches: Callable[[Span, Span], bool]) -> SpanScores:
    """Count the found spans that are right, and the right ones that were found.

    Args:
        pairs: the spans of each text.
        matches: whether two spans are taken for the same.
    """
    counts = {name: Counter[str]() for name in ("right", "found", "reached", "wanted")}
    for pair in pairs:
        for span in pair.found:
            counts["found"][span.label] += 1
            counts["right"][span.label] += any(matches(span, other) for other in pair.expected)
        for span in pair.expected:
            counts["wanted"][span.label] += 1
            counts["reached"][span.label] += any(matches(span, other) for other in pair.found)
    labels = sorted({*counts["found"], *counts["wanted"]})
    return SpanScores(
        by_label={
            label: Scores.of_counts(*(counter[label] for counter in counts.values()))
            for label in labels
        },
        micro=Scores.of_counts(*(counter.total() for counter in counts.values())),
    )


def _is_same(one: Span, other: Span) -> bool:
    return one == other


def _overlaps(one: Span, other: Span) -> bool:
    return one.label == other.label and one.start < other.end and other.start < one.end


def _spans(entities: Iterable[Mapping[str, Any]], kind: str) -> frozenset[Span]:
    return frozenset(_span(entity, kind) for entity in entities if entity.get(kind))


def _span(entity: Mapping[str, Any], kind: str) -> Span:
    return Span(entity["start"], entity["end"], entity[kind])
