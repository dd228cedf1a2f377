"""The DIET classifier in training, and with TensorFlow in parsing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from onnlu.components.intent_classifier import IntentClassifier
from onnlu.decoding.facts import PredictionFacts
from onnlu.decoding.prediction import PredictionDecoder
from onnlu.decoding.tags import TagSpec, misaligned_entities, tag_specs
from onnlu.features import has_text_features
from onnlu.message import ENTITIES, INTENT, TEXT, Message
from onnlu.training_data import EXAMPLES, RETRIEVAL_EXAMPLES, TrainingData
from onnlu_engine import ExecutionContext, ModelStorage, Resource
from onnlu_engine.errors import InvalidDataException
from onnlu_train.components.diet_config import DEFAULTS, check_config, defaults_for
from onnlu_train.components.learning_task import LearningTask
from onnlu_train.components.tensorflow_component import TensorFlowComponent
from onnlu_train.model_data.from_messages import intent_of
from onnlu_train.model_data.labelling import Labelling

if TYPE_CHECKING:  # TensorFlow comes with it
    from onnlu_train.models.diet import DIET

logger = logging.getLogger(__name__)


class DIETClassifier(TensorFlowComponent, IntentClassifier):
    """Intents and entities by DIET.

    `train` learns from featurized messages and persists weights and description; `process` sets
    `intent` and `intent_ranking` on messages and appends to their `entities`.
    """

    counterpart = "DIETClassifierOnnx"
    decoder_class = PredictionDecoder

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> None:
        check_config(config)
        super().__init__(config, model_storage, resource, execution_context)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Under the names of Rasa 3.6; docs/differences.md says which values are others."""
        return DEFAULTS

    @classmethod
    def default_config_for(cls, user_config: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults; those of Rasa 3.6 for `rasa_compat: true`."""
        return defaults_for(user_config)

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str]:
        """It learns from examples alone, whatever the responses are.

        Of those that it holds out, by an option of its own, none is the only one of a response.
        """
        if config["evaluate_on_number_of_examples"]:
            return [EXAMPLES, RETRIEVAL_EXAMPLES]
        return [EXAMPLES]

    def learning_task(self, training_data: TrainingData) -> LearningTask:
        """Return the intents and entities that are to be learnt.

        Raises:
            InvalidDataException: there are none, or a single intent.
        """
        _warn_of_misaligned_entities(training_data)
        config = self._config
        examples = [
            m for m in training_data.examples if has_text_features(m, config["featurizers"])
        ]
        if not examples:
            raise InvalidDataException(
                "DIETClassifier has nothing to learn from: no example has features of its text's "
                "tokens and of the text as a whole. Put a featurizer before it that gives both, "
                "such as CountVectorsFeaturizer."
            )
        labels: list[str] = []
        if config["intent_classification"] and training_data.intents:
            examples = [m for m in examples if m.get(INTENT)]
            labels = sorted({message.data[INTENT] for message in examples})
            if len(labels) < 2:
                raise InvalidDataException(
                    f"DIETClassifier learns to tell intents apart, but the data has {len(labels)}: "
                    "add examples of at least two, or set `intent_classification: false`."
                )
        specs = []
        if config["entity_recognition"]:
            specs = tag_specs(
                training_data.entity_types,
                training_data.entity_roles,
                training_data.entity_groups,
                config["BILOU_flag"],
            )
        if not (labels or specs):
            raise InvalidDataException(
                "DIETClassifier has nothing to learn: no example has an intent or an entity. Add "
                "some that have."
            )
        labelling = Labelling("intent", INTENT, tuple(labels), intent_of, _found_intent)
        facts = self._prediction_facts(labels, specs)
        return LearningTask(examples, labelling, facts, config["featurizers"], specs)

    def model_class(self) -> type[DIET]:
        """Return DIET."""
        from onnlu_train.models.diet import DIET

        return DIET

    def model_arguments(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return the kinds of tags."""
        return {"tag_specs": PredictionFacts.from_json(facts).tag_specs}

    def _prediction_facts(self, labels: list[str], specs: list[TagSpec]) -> dict[str, Any]:
        config = self._config
        return PredictionFacts(
            labels=tuple(labels),
            tag_specs=tuple(specs),
            bilou=config["BILOU_flag"],
            ranking_length=config["ranking_length"],
            renormalize_confidences=config["renormalize_confidences"],
            split_entities_by_comma=config["split_entities_by_comma"],
            extractor=self.name,
        ).to_json() | {"featurizers": config["featurizers"]}


def _found_intent(message: Message) -> str | None:
    intent: str | None = message.data[INTENT]["name"]
    return intent


def _warn_of_misaligned_entities(training_data: TrainingData) -> None:
    for message in training_data.examples:
        for entity in misaligned_entities(message.tokens[TEXT], message.get(ENTITIES, [])):
            value = message.data[TEXT][entity["start"] : entity["end"]]
            logger.warning(
                "Entity %r ('%s') does not start and end with a token and is ignored, in: %s",
                entity["entity"],
                value,
                message.data[TEXT],
            )
