"""Says that a message was not understood where the classifiers before it are not sure."""

from __future__ import annotations

from typing import Any, Final, Self

from onnlu.components import options
from onnlu.components.intent_classifier import IntentClassifier
from onnlu.message import INTENT, INTENT_RANKING, Message
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource

FALLBACK_INTENT: Final = "nlu_fallback"

_OPTIONS: Final = {
    "threshold": options.share(0.3),
    "ambiguity_threshold": options.share(0.1),
}


class FallbackClassifier(GraphComponent):
    """Puts the intent `nlu_fallback` before intents of low or nearly equal confidence.

    As Rasa 3.6: the fallback's confidence is the threshold, and what the classifiers said follows
    it in the ranking. A message without an intent counts as one of confidence 0.

    Options:
        threshold: smallest confidence of an intent that is believed, 0 to 1.
        ambiguity_threshold: smallest distance to the second intent of the ranking, 0 to 1.

    Raises:
        InvalidConfigException: an option is unknown or wrong.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        options.check_config(type(self).__name__, config, _OPTIONS)
        self._threshold = float(config["threshold"])
        self._ambiguity_threshold = float(config["ambiguity_threshold"])

    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        """It judges the intents that another component sets."""
        return [IntentClassifier]  # type: ignore[type-abstract]  # any concrete one will do

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build the classifier; it learns nothing, so `load` does the same."""
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(_OPTIONS)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the fallback where it is due, in place, and return the same messages."""
        for message in messages:
            intent = message.get(INTENT) or {"name": None, "confidence": 0.0}
            ranking = message.get(INTENT_RANKING) or ([intent] if intent["name"] else [])
            if intent["confidence"] < self._threshold or self._is_ambiguous(ranking):
                fallback = {"name": FALLBACK_INTENT, "confidence": self._threshold}
                message.set(INTENT, fallback)
                message.set(INTENT_RANKING, [dict(fallback), *ranking])
        return messages

    def _is_ambiguous(self, ranking: list[dict[str, Any]]) -> bool:
        if len(ranking) < 2:
            return False
        distance: float = ranking[0]["confidence"] - ranking[1]["confidence"]
        return distance < self._ambiguity_threshold
