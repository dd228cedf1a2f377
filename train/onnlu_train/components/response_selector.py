"""The response selector in training, and with TensorFlow in parsing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from onnlu.decoding.response import DEFAULT_SELECTOR, ResponseDecoder
from onnlu.decoding.response_facts import ResponseFacts
from onnlu.features import BOTH, feature_types, has_text_features
from onnlu.message import (
    INTENT,
    INTENT_RESPONSE_KEY,
    RESPONSE,
    RESPONSE_SELECTOR,
    Message,
)
from onnlu.training_data import RESPONSES, RETRIEVAL_EXAMPLES, TrainingData
from onnlu_engine import ExecutionContext, ModelStorage, Resource
from onnlu_engine.errors import InvalidDataException, did_you_mean
from onnlu_train.components.learning_task import LearningTask
from onnlu_train.components.response_selector_config import (
    DEFAULTS,
    checked_config,
    warn_of_transformer,
)
from onnlu_train.components.tensorflow_component import TensorFlowComponent
from onnlu_train.model_data.labelling import Labelling

if TYPE_CHECKING:  # TensorFlow comes with it
    from onnlu_train.models.diet2bow import DIET2BOW

logger = logging.getLogger(__name__)


class ResponseSelector(TensorFlowComponent):
    """Chooses among the responses of a retrieval intent, or of all; as Rasa 3.6.

    `train` learns from the messages that have an intent response key, such as `faq/ask_name`;
    `process` sets `response_selector` on messages. A selector that finds nothing to learn says so
    once, and leaves an empty result on every message. Options that Rasa has of its own:

        retrieval_intent: the intent it is for; null for all of them.
        use_text_as_label: learn from the texts of responses, and not from their names.
    """

    counterpart = "ResponseSelectorOnnx"
    decoder_class = ResponseDecoder

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> None:
        self._given = config
        super().__init__(checked_config(config), model_storage, resource, execution_context)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As Rasa 3.6."""
        return DEFAULTS

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str]:
        """It learns from the examples that have a response, and keeps the responses."""
        return [RETRIEVAL_EXAMPLES, RESPONSES]

    def learning_task(self, training_data: TrainingData) -> LearningTask:
        """Return the responses that are to be learnt, and none where there are less than two.

        Raises:
            InvalidDataException: responses are to be learnt by their texts, and have no features.
        """
        warn_of_transformer(self._given)
        examples = [m for m in training_data.examples if self._is_example(m)]
        by_text: bool = self._config["use_text_as_label"]
        # What is learnt of each key; keys whose responses have one text are one label.
        label_of = {
            key: training_data.response_text(key) if by_text else key
            for key in sorted({message.data[INTENT_RESPONSE_KEY] for message in examples})
        }
        key_of: dict[str, str] = {}
        for key, label in label_of.items():
            key_of.setdefault(label, key)
        if len(key_of) < 2:
            self._say_that_it_is_skipped(training_data, label_of)
            examples, label_of, key_of = [], {}, {}
        if by_text:
            self._check_response_features(examples)
        labels = tuple(sorted(key_of))
        facts = ResponseFacts(
            labels=tuple(key_of[label] for label in labels),
            responses=_responses(training_data, [key_of[label] for label in labels]),
            retrieval_intent=self._config["retrieval_intent"],
            all_retrieval_intents=tuple(training_data.retrieval_intents),
            ranking_length=self._config["ranking_length"],
            renormalize_confidences=self._config["renormalize_confidences"],
        )
        featurizers = self._config["featurizers"]
        return LearningTask(
            examples,
            self._labelling(labels, label_of),
            facts.to_json() | {"featurizers": featurizers},
            featurizers,
        )

    def model_class(self) -> type[DIET2BOW]:
        """Return DIET2DIET where responses are learnt by their texts, else DIET2BOW."""
        from onnlu_train.models.diet2bow import DIET2BOW
        from onnlu_train.models.diet2diet import DIET2DIET

        return DIET2DIET if self._config["use_text_as_label"] else DIET2BOW

    def miss_validation(self, problem: str) -> None:
        """Go on without: data without retrieval intents may be what other components need."""
        logger.warning("%s: it is not validated.", problem)

    def _is_example(self, message: Message) -> bool:
        wanted = self._config["retrieval_intent"]
        return (
            bool(message.get(INTENT_RESPONSE_KEY))
            and wanted in (None, message.get(INTENT))
            and has_text_features(message, self._config["featurizers"])
        )

    def _labelling(self, labels: tuple[str, ...], label_of: Mapping[str, str]) -> Labelling:
        selector = self._config["retrieval_intent"] or DEFAULT_SELECTOR

        def right(message: Message) -> str | None:
            if not self._is_example(message):
                return None
            key: str = message.data[INTENT_RESPONSE_KEY]
            return label_of.get(key, key)

        def found(message: Message) -> str | None:
            response = message.data[RESPONSE_SELECTOR][selector]["response"]
            return label_of.get(response[INTENT_RESPONSE_KEY])

        attribute = RESPONSE if self._config["use_text_as_label"] else INTENT_RESPONSE_KEY
        return Labelling("response", attribute, labels, right, found)

    def _check_response_features(self, examples: list[Message]) -> None:
        featurizers = self._config["featurizers"]
        bare = [m for m in examples if feature_types(m, RESPONSE, featurizers) != BOTH]
        if bare:
            raise InvalidDataException(
                f"{self.name}: use_text_as_label needs features of responses, but that of "
                f"'{bare[0].data[INTENT_RESPONSE_KEY]}' has none, or none of its tokens or none of "
                "the whole. Put a featurizer of texts before it, such as CountVectorsFeaturizer, "
                "and name it in `featurizers` if you name any."
            )

    def _say_that_it_is_skipped(
        self, training_data: TrainingData, label_of: Mapping[str, str]
    ) -> None:
        wanted = self._config["retrieval_intent"]
        remedy = ""
        if label_of:
            cause = f"{', '.join(label_of)} is all there is to choose from"
        elif wanted and wanted not in training_data.retrieval_intents:
            cause = f"no example has the retrieval intent '{wanted}'"
            remedy = " " + did_you_mean(wanted, training_data.retrieval_intents)
        else:
            cause = "no example has a retrieval intent, such as `faq/ask_name`"
        logger.warning("%s is skipped: %s.%s", self.name, cause, remedy.rstrip())


def _responses(training_data: TrainingData, keys: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the variants of each response; the key itself where there is none."""
    missing = [key for key in keys if not training_data.responses.get(key)]
    if missing:
        logger.warning(
            "There is no response for %s: the name itself is the response. Add `utter_%s` and its "
            "like to `responses:`; if they stand in a domain.yml, name that file too: "
            "`--data data domain.yml`.",
            ", ".join(missing),
            missing[0],
        )
    return {key: training_data.responses.get(key) or [{"text": key}] for key in keys}
