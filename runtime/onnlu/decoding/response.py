"""A model's outputs become responses of messages, in TensorFlow and in ONNX Runtime alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy.typing as npt

from onnlu.decoding.ranking import rank_intents_batch
from onnlu.decoding.response_facts import ResponseFacts
from onnlu.message import INTENT_RESPONSE_KEY, RESPONSE_SELECTOR, Message
from onnlu_engine.errors import CorruptModelException

RESPONSE_CONFIDENCES: Final = "response.confidences"
DEFAULT_SELECTOR: Final = "default"
ALL_RETRIEVAL_INTENTS: Final = "all_retrieval_intents"

_NOTHING: Final[dict[str, Any]] = {"name": None, "confidence": 0.0}


class ResponseDecoder:
    """Sets the response of one selector on messages, from the outputs of a batch.

    It stands in `response_selector` of a message, under the selector's retrieval intent or
    "default", in the shape of Rasa's /model/parse. The output is `response.confidences` float32
    [batch, labels].

    Args:
        facts: what `ResponseFacts.to_json` returned.

    Raises:
        CorruptModelException: the facts have a wrong shape.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = ResponseFacts.from_json(facts)

    @property
    def is_trained(self) -> bool:
        """Whether there is a model with outputs to decode."""
        return bool(self._facts.labels)

    def annotate_batch(
        self, messages: Sequence[Message], outputs: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        """Set the response of each message.

        Args:
            messages: [batch].
            outputs: name -> array, with `batch` rows each.

        Raises:
            CorruptModelException: the outputs do not fit the facts or the messages.
        """
        facts, confidences = self._facts, outputs[RESPONSE_CONFIDENCES]
        expected = (len(messages), len(facts.labels))
        if confidences.shape != expected:
            raise CorruptModelException(
                f"the model's output {RESPONSE_CONFIDENCES!r} has shape {confidences.shape}, not "
                f"{expected}; export the model again"
            )
        rankings = rank_intents_batch(
            confidences, facts.labels, facts.ranking_length, facts.renormalize_confidences
        )
        for message, ranking in zip(messages, rankings, strict=True):
            self._set(message, ranking)

    def annotate_without_features(self, message: Message) -> None:
        """Say that nothing answers a message that no featurizer knows a feature of."""
        self._set(message, [])

    def _set(self, message: Message, ranking: list[dict[str, Any]]) -> None:
        facts = self._facts
        best = ranking[0] if ranking else _NOTHING
        key = best["name"]
        selected = {
            "response": {
                "responses": facts.responses[key] if ranking else None,
                "confidence": best["confidence"],
                INTENT_RESPONSE_KEY: key,
                "utter_action": f"utter_{key}" if ranking else None,
            },
            "ranking": [
                {"confidence": label["confidence"], INTENT_RESPONSE_KEY: label["name"]}
                for label in ranking
            ],
        }
        # Other selectors may have been here.
        selectors = message.get(RESPONSE_SELECTOR, {ALL_RETRIEVAL_INTENTS: []})
        message.set(
            RESPONSE_SELECTOR,
            {
                **selectors,
                ALL_RETRIEVAL_INTENTS: list(facts.all_retrieval_intents),
                facts.retrieval_intent or DEFAULT_SELECTOR: selected,
            },
        )
