"""The entity type of each token, which is what the reports of `rasa test nlu` count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from onnlu_train.evaluation.entities import EntityEvaluation
from onnlu_train.evaluation.labels import LabelReport, label_report

NO_ENTITY: Final = "no_entity"


def token_report(evaluation: EntityEvaluation) -> LabelReport | None:
    """Compare the entity types of tokens; tokens outside of entities have no scores of their own.

    As `rasa test nlu`: long entities count more than short ones. For scores of whole entities see
    `EntityEvaluation.exact`.

    Args:
        evaluation: of one extractor, or of all.

    Returns:
        The report, or None where there are no tokens: a pipeline need not have a tokenizer.
    """
    expected: list[str] = []
    found: list[str] = []
    for prediction in evaluation.predictions:
        expected += token_labels(prediction.tokens, prediction.expected_entities)
        found += token_labels(prediction.tokens, evaluation.found(prediction))
    return label_report(expected, found, exclude=[NO_ENTITY]) if expected else None


def token_labels(
    tokens: Sequence[tuple[int, int]], entities: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Return the type of the entity that shares most characters with each token.

    >>> token_labels([(0, 3), (4, 9)], [{"start": 4, "end": 9, "entity": "city"}])
    ['no_entity', 'city']
    """
    known = list(entities)
    return [_label(start, end, known) for start, end in tokens]


def _label(start: int, end: int, entities: Iterable[Mapping[str, Any]]) -> str:
    label, most = NO_ENTITY, 0
    for entity in entities:
        shared = min(end, entity["end"]) - max(start, entity["start"])
        if shared > most:
            label, most = entity["entity"], shared
    return label
