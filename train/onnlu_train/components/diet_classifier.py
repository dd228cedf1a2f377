"""The DIET classifier in training, and with TensorFlow in parsing."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from onnlu.components.featurizer import Featurizer
from onnlu.components.intent_classifier import IntentClassifier
from onnlu.decoding.facts import PredictionFacts
from onnlu.decoding.prediction import PredictionDecoder
from onnlu.decoding.tags import TagSpec, misaligned_entities, tag_specs
from onnlu.features import has_text_features
from onnlu.message import ENTITIES, INTENT, TEXT, Message
from onnlu.model_inputs import MAX_TOKENS, check_token_limit
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource
from onnlu_engine.errors import CorruptModelException, InvalidDataException
from onnlu_train.components.diet_config import (
    DEFAULTS,
    check_config,
    check_featurizers,
    defaults_for,
)
from onnlu_train.data.held_out import split_examples
from onnlu_train.export_spec import ExportSpec
from onnlu_train.metrics import SampleMetrics
from onnlu_train.model_data.from_messages import (
    SPARSE_FEATURE_SIZES,
    label_data,
    sparse_feature_sizes,
    text_data,
)
from onnlu_train.model_data.from_messages import training_data as model_data_of
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.serialisation import model_data_from_json, model_data_to_json
from onnlu_train.model_data.signature import signature_from_json, signature_to_json
from onnlu_train.models.diet import DIET
from onnlu_train.models.outputs import flattened
from onnlu_train.training.loop import train_model
from onnlu_train.training.session import TrainingSession
from onnlu_train.training.validation import ValidationMetrics

logger = logging.getLogger(__name__)

WEIGHTS = "weights.safetensors"
DESCRIPTION = "diet.json"
COUNTERPART = "DIETClassifierOnnx"
PREDICT_BATCH_SIZE = 64


class DIETClassifier(IntentClassifier):
    """Intents and entities by DIET.

    `train` learns from featurized messages and persists weights and description; `process` sets
    `intent` and `intent_ranking` on messages and appends to their `entities`.
    """

    _model: DIET
    _decoder: PredictionDecoder
    _facts: dict[str, Any]

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> None:
        check_config(config)
        settings = execution_context.settings
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._session: TrainingSession | None = settings.get("training")
        self._max_tokens: int = settings.get("max_tokens", MAX_TOKENS)
        if self._session is not None:
            self._session.options_for(config)  # what cannot be had is found before the training

    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        """It learns from features."""
        return [Featurizer]  # type: ignore[type-abstract]  # any concrete featurizer will do

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Under the names of Rasa 3.6; docs/differences.md says which values are others."""
        return DEFAULTS

    @classmethod
    def default_config_for(cls, user_config: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults; those of Rasa 3.6 for `rasa_compat: true`."""
        return defaults_for(user_config)

    @staticmethod
    def required_packages() -> list[str]:
        """It trains with TensorFlow."""
        return ["tensorflow", "keras"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained classifier."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build a trained classifier from its description and weights.

        Raises:
            CorruptModelException: they do not belong together.
        """
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            component._restore(folder)
        return component

    def train(
        self, training_data: TrainingData, validation_data: TrainingData | None = None
    ) -> Resource:
        """Train on the messages that have text features, and persist what was learnt.

        Args:
            training_data: what to learn from.
            validation_data: what to validate on; by default the part of the training data that
                `evaluate_on_number_of_examples` asks for.

        Raises:
            InvalidDataException: there is nothing to learn from, or to validate on.
            TrainingInterrupted: the fit was asked to end.
        """
        session, node = self._session or TrainingSession(), self._resource.name
        check_featurizers(self._config["featurizers"], training_data.examples)
        self._warn_of_misaligned_entities(training_data)
        examples, labels, specs = self._examples(training_data)
        examples, held_out = self._held_out(examples, validation_data, session)
        featurizers = self._config["featurizers"]
        data = model_data_of(examples, labels, specs, featurizers)
        labels_data = label_data(examples, labels, featurizers) if labels else RasaModelData()
        seed = session.random_seed(node, self._config["random_seed"])
        config = {**self._config, "random_seed": seed}
        self._model = DIET(config, data.signature(), labels_data, specs)
        self._facts = self._prediction_facts(labels, specs)
        self._decoder = PredictionDecoder(self._facts)
        train_model(
            self._model,
            data,
            session.options_for(self._config),
            evaluate=SampleMetrics(data, labels, specs, seed),
            validate=self._validation(held_out, labels, specs) if held_out else None,
            session=session,
            node=node,
        )
        self._persist(data, labels_data, sparse_feature_sizes(examples[0], featurizers))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intents and entities on featurized messages, in place.

        Raises:
            TextTooLongException: a text has more tokens than the limit.
        """
        check_token_limit(messages, self._max_tokens)
        self._annotate(messages)
        return messages

    def _annotate(self, messages: list[Message]) -> None:
        known = []
        for message in messages:
            if has_text_features(message, self._config["featurizers"]):
                known.append(message)
            else:
                self._decoder.annotate_without_features(message)
        if known:
            self._decoder.annotate_batch(known, self.infer(known))

    def infer(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the model's outputs for messages with features, under dotted names."""
        data = text_data(messages, self._config["featurizers"])
        return flattened(self._model.run_inference(data, PREDICT_BATCH_SIZE))

    def export_spec(self) -> ExportSpec:
        """Return what the exporter needs."""
        return ExportSpec(self._model, COUNTERPART, self._facts)

    def _held_out(
        self,
        examples: list[Message],
        validation_data: TrainingData | None,
        session: TrainingSession,
    ) -> tuple[list[Message], list[Message]]:
        """Return the examples to train on and those to validate on."""
        if validation_data is not None:
            featurizers = self._config["featurizers"]
            held_out = [m for m in validation_data.examples if has_text_features(m, featurizers)]
            if not held_out:
                raise InvalidDataException(
                    "DIETClassifier has nothing to validate on: no validation example has text "
                    "features. Name other data, or leave out the validation."
                )
            return examples, held_out
        number = session.number_held_out(self._config)
        if 2 * number > len(examples):
            raise InvalidDataException(
                f"DIETClassifier: evaluate_on_number_of_examples {number} is more than half of the "
                f"{len(examples)} examples. Choose fewer."
            )
        return split_examples(examples, number / len(examples))

    def _validation(
        self, held_out: list[Message], labels: list[str], specs: list[TagSpec]
    ) -> ValidationMetrics:
        if labels:
            held_out = [m for m in held_out if m.get(INTENT)]
        learnable = [m for m in held_out if not labels or m.data[INTENT] in labels]
        if not learnable:
            raise InvalidDataException(
                "DIETClassifier cannot validate: no validation example has an intent of the "
                "training data. Name other data, or leave out the validation."
            )
        if len(learnable) < len(held_out):
            logger.warning(
                "%d of %d validation examples have no intent that the training data has: they "
                "count as errors, and not in val_loss.",
                *(len(held_out) - len(learnable), len(held_out)),
            )
        return ValidationMetrics(
            held_out,
            self._annotate,
            model_data_of(learnable, labels, specs, self._config["featurizers"]),
            learns_intents=bool(labels),
            kinds=[spec.name for spec in specs],
        )

    def _examples(
        self, training_data: TrainingData
    ) -> tuple[list[Message], list[str], list[TagSpec]]:
        config = self._config
        examples = [
            m for m in training_data.examples if has_text_features(m, config["featurizers"])
        ]
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
        if not examples or not (labels or specs):
            raise InvalidDataException(
                "DIETClassifier has nothing to learn: no example has both text features and an "
                "intent or entity. Add examples, or put a featurizer before it."
            )
        return examples, labels, specs

    def _warn_of_misaligned_entities(self, training_data: TrainingData) -> None:
        for message in training_data.examples:
            for entity in misaligned_entities(message.tokens[TEXT], message.get(ENTITIES, [])):
                value = message.data[TEXT][entity["start"] : entity["end"]]
                logger.warning(
                    "Entity %r ('%s') does not start and end with a token and is ignored, in: %s",
                    entity["entity"],
                    value,
                    message.data[TEXT],
                )

    def _prediction_facts(self, labels: list[str], specs: list[TagSpec]) -> dict[str, Any]:
        config = self._config
        return PredictionFacts(
            labels=tuple(labels),
            tag_specs=tuple(specs),
            bilou=config["BILOU_flag"],
            ranking_length=config["ranking_length"],
            renormalize_confidences=config["renormalize_confidences"],
            split_entities_by_comma=config["split_entities_by_comma"],
            extractor=type(self).__name__,
        ).to_json() | {"featurizers": config["featurizers"]}

    def _persist(
        self,
        data: RasaModelData,
        labels_data: RasaModelData,
        sizes: dict[str, dict[str, list[int]]],
    ) -> None:
        description = {
            # A seed that was drawn is recorded, so that the training can be repeated.
            "config": {**self._config, "random_seed": self._model.random_seed},
            "data_signature": signature_to_json(data.signature()),
            "label_data": model_data_to_json(labels_data),
            "facts": self._facts,
        }
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / WEIGHTS)
            for name, document in ((DESCRIPTION, description), (SPARSE_FEATURE_SIZES, sizes)):
                text = json.dumps(document, ensure_ascii=False, sort_keys=True)
                (folder / name).write_text(text, encoding="utf-8")

    def _restore(self, folder: Path) -> None:
        try:
            description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            self._facts = description["facts"]
            facts = PredictionFacts.from_json(self._facts)
            self._decoder = PredictionDecoder(self._facts)
            self._model = DIET.load(
                folder / WEIGHTS,
                config=description["config"],
                data_signature=signature_from_json(description["data_signature"]),
                label_data=model_data_from_json(description["label_data"]),
                tag_specs=facts.tag_specs,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptModelException(
                f"{self._resource.name}/{DESCRIPTION} cannot be used: {error}. Train again."
            ) from error
