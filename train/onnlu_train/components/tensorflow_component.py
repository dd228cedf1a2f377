"""What all components have in common that train a model with TensorFlow.

TensorFlow is imported where a model is made, trained or asked: a fit whose models are all restored
from the cache does without it.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from onnlu.components.featurizer import Featurizer
from onnlu.components.onnx_component import Decoder
from onnlu.diagnostics import add_diagnostics
from onnlu.features import has_text_features
from onnlu.limits import MAX_TOKENS
from onnlu.message import Message
from onnlu.model_inputs import check_token_limit
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource
from onnlu_engine.errors import CorruptModelException, InvalidDataException
from onnlu_train.components.learning_task import LearningTask
from onnlu_train.components.model_description import DESCRIPTION, ModelDescription
from onnlu_train.components.model_options import check_featurizers
from onnlu_train.components.previous_training import PreviousTraining
from onnlu_train.data.held_out import split_examples
from onnlu_train.export_spec import ExportSpec
from onnlu_train.finetuning.config_changes import finetuning_config
from onnlu_train.model_data.from_messages import text_data
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.sparse_feature_sizes import NamedSizes, sparse_feature_sizes
from onnlu_train.models.outputs import flattened
from onnlu_train.training.session import TrainingSession

if TYPE_CHECKING:  # TensorFlow comes with them
    from onnlu_train.models.transformer_rasa_model import TransformerRasaModel
    from onnlu_train.training.validation import ValidationMetrics

logger = logging.getLogger(__name__)

WEIGHTS = "weights.safetensors"
PREDICT_BATCH_SIZE = 64


class TensorFlowComponent(GraphComponent):
    """Trains a model on featurized messages, and annotates messages with what it says.

    A subclass tells what is to be learnt (`learning_task`), by which model, and which decoder reads
    the model's outputs.

    Attributes:
        counterpart: registered name of the component that it is in an exported model.
        decoder_class: makes attributes of messages of the model's outputs; built from the facts.
    """

    counterpart: ClassVar[str]
    decoder_class: ClassVar[Any]  # called with the facts, it returns a `Decoder`

    _model: TransformerRasaModel
    _decoder: Decoder
    _facts: dict[str, Any]

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> None:
        settings = execution_context.settings
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._session: TrainingSession | None = settings.get("training")
        self._is_finetuning = execution_context.is_finetuning
        diagnoses = execution_context.should_add_diagnostic_data
        self._diagnosed_as = execution_context.node_name or resource.name if diagnoses else None
        self._previous: PreviousTraining | None = None
        self._max_tokens: int = settings.get("max_tokens", MAX_TOKENS)
        if self._session is not None:
            self._session.options_for(config)  # what cannot be had is found before the training

    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        """It learns from features."""
        return [Featurizer]  # type: ignore[type-abstract]  # any concrete featurizer will do

    @staticmethod
    def required_packages() -> list[str]:
        """It trains with TensorFlow."""
        return ["tensorflow", "keras"]

    @classmethod
    def fingerprint_settings(
        cls, config: dict[str, Any], settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the keys of `train:` that decide what its model learns."""
        session: TrainingSession | None = settings.get("training")
        return {} if session is None else session.shaping_facts(config)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained component."""
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
        """Build a trained component from its description and weights.

        One that is finetuned has the options it was trained with, but for those that may change.

        Raises:
            CorruptModelException: they do not belong together.
            IncompatibleModelException: it cannot be finetuned, as an older version trained it.
        """
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            component._restore(folder)
        return component

    @staticmethod
    def can_finetune() -> bool:
        """Weights stay, and rows for new features follow; labels have to be the same."""
        return True

    # What subclasses give

    @abstractmethod
    def learning_task(self, training_data: TrainingData) -> LearningTask:
        """Return what is to be learnt; without examples, nothing is."""

    @abstractmethod
    def model_class(self) -> type[TransformerRasaModel]:
        """Return the model that learns it."""

    def model_arguments(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return what the model's constructor takes besides config, signature and labels."""
        return {}

    def miss_validation(self, problem: str) -> None:
        """Take note of a validation that was asked for, but cannot be had.

        Raises:
            InvalidDataException: it is an error.
        """
        raise InvalidDataException(f"{problem}. Name other data, or leave out the validation.")

    # What the graph calls

    def train(
        self, training_data: TrainingData, validation_data: TrainingData | None = None
    ) -> Resource:
        """Train on the messages that have text features, and persist what was learnt.

        Args:
            training_data: what to learn from.
            validation_data: what to validate on; by default the part of the training data that
                `evaluate_on_number_of_examples` asks for.

        Raises:
            InvalidDataException: there is nothing to learn from, or to validate on; or a finetuning
                has other labels than before.
            TrainingInterrupted: the fit was asked to end.
        """
        from onnlu_train.layers.initial_weights import initial_weights_of
        from onnlu_train.metrics import SampleMetrics
        from onnlu_train.training.loop import train_model

        check_featurizers(self.name, self._config["featurizers"], training_data.examples)
        task = self.learning_task(training_data)
        if self._previous is not None:
            self._previous.check_labels(task)
        self._use(task.facts)
        if not task.examples:
            with self._model_storage.write_to(self._resource) as folder:
                ModelDescription(self._facts).write(folder)
            return self._resource
        if task.labelling.labels:
            self._warn_of_unconstrained_similarities()
        session, node = self._session or TrainingSession(), self._resource.name
        examples, held_out = self._held_out(task, validation_data, session)
        data, labels = task.model_data(examples), task.label_data(examples)
        labelling = task.labelling
        sizes = sparse_feature_sizes(examples[0], task.featurizers, labelling.attribute)
        if self._previous is not None:
            self._previous.adjust(self._model, data, labels, sizes)
        else:
            config = self._model_config()
            with initial_weights_of(config["random_seed"]):
                self._model = self.model_class()(
                    config=config,
                    data_signature=data.signature(),
                    label_data=labels,
                    **self.model_arguments(self._facts),
                )
        seed = self._model.random_seed
        train_model(
            self._model,
            data,
            session.options_for(self._config),
            evaluate=SampleMetrics(data, labelling.labels, task.tag_specs, seed, labelling.name),
            validate=self._validation(held_out, task),
            session=session,
            node=node,
        )
        self._persist(data, labels, sizes)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set what the model says of featurized messages, in place.

        Raises:
            TextTooLongException: a text has more tokens than the limit.
        """
        check_token_limit(messages, self._max_tokens)
        self._annotate(messages)
        return messages

    def infer(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the model's outputs for messages with features, under dotted names."""
        data = text_data(messages, self._config["featurizers"])
        outputs = self._model.run_inference(data, PREDICT_BATCH_SIZE)
        return flattened(outputs, diagnostics=self._diagnosed_as is not None)

    def export_spec(self) -> ExportSpec:
        """Return what the exporter needs."""
        model = self._model if self._decoder.is_trained else None
        return ExportSpec(model, self.counterpart, self._facts)

    @property
    def name(self) -> str:
        """What messages call the component."""
        return type(self).__name__

    def _annotate(self, messages: list[Message]) -> None:
        known = []
        for message in messages:
            if self._decoder.is_trained and has_text_features(message, self._config["featurizers"]):
                known.append(message)
            else:
                self._decoder.annotate_without_features(message)
        if self._diagnosed_as is not None:
            for message in known:
                outputs = self.infer([message])
                self._decoder.annotate_batch([message], outputs)
                add_diagnostics(message, self._diagnosed_as, outputs)
        elif known:
            self._decoder.annotate_batch(known, self.infer(known))

    def _warn_of_unconstrained_similarities(self) -> None:
        from onnlu_train.layers.loss import CROSS_ENTROPY

        config = self._config
        if config["loss_type"] == CROSS_ENTROPY and not config["constrain_similarities"]:
            logger.warning(
                "constrain_similarities is false: confidences are often near 1, right or wrong. "
                "Set `constrain_similarities: true` on %s.",
                self.name,
            )

    def _use(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self._decoder = self.decoder_class(facts)

    def _model_config(self) -> dict[str, Any]:
        """Return the options with a random seed, drawn where none is given."""
        session = self._session or TrainingSession()
        seed = session.random_seed(self._resource.name, self._config["random_seed"])
        return {**self._config, "random_seed": seed}

    # Validation

    def _held_out(
        self, task: LearningTask, validation_data: TrainingData | None, session: TrainingSession
    ) -> tuple[list[Message], list[Message]]:
        """Return the examples to train on and those to validate on."""
        examples = task.examples
        if validation_data is not None:
            held_out = [
                message
                for message in validation_data.examples
                if has_text_features(message, task.featurizers)
            ]
            if not held_out:
                self.miss_validation(
                    f"{self.name} has nothing to validate on: no validation example has text "
                    "features"
                )
            return examples, held_out
        number = session.number_held_out(self._config)
        if 2 * number > len(examples):
            raise InvalidDataException(
                f"{self.name}: evaluate_on_number_of_examples {number} is more than half of the "
                f"{len(examples)} examples. Choose fewer."
            )
        return split_examples(examples, number / len(examples))

    def _validation(self, held_out: list[Message], task: LearningTask) -> ValidationMetrics | None:
        if not held_out:
            return None
        labelling = task.labelling
        if labelling.labels:
            held_out = [message for message in held_out if labelling.right(message) is not None]
        learnable = [message for message in held_out if task.is_learnable(message)]
        if not learnable:
            self.miss_validation(
                f"{self.name} cannot validate: no validation example has one of the "
                f"{labelling.name}s of the training data"
            )
            return None
        if len(learnable) < len(held_out):
            logger.warning(
                "%d of %d validation examples have no %s that the training data has: they "
                "count as errors, and not in val_loss.",
                *(len(held_out) - len(learnable), len(held_out), labelling.name),
            )
        from onnlu_train.training.validation import ValidationMetrics

        return ValidationMetrics(
            held_out,
            self._annotate,
            task.model_data(learnable),
            labelling=labelling if labelling.labels else None,
            kinds=[spec.name for spec in task.tag_specs],
        )

    # Persistence

    def _persist(self, data: RasaModelData, labels: RasaModelData, sizes: NamedSizes) -> None:
        # A seed that was drawn is recorded, so that the training can be repeated.
        config = {**self._config, "random_seed": self._model.random_seed}
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / WEIGHTS)
            ModelDescription(self._facts, config, data.signature(), labels, sizes).write(folder)

    def _restore(self, folder: Path) -> None:
        try:
            description = ModelDescription.read(folder)
            self._use(description.facts)
            if self._is_finetuning:
                description = self._go_on_from(description)
            if self._decoder.is_trained:
                self._model = self.model_class().load(
                    folder / WEIGHTS,
                    finetune_mode=self._is_finetuning,
                    config=description.config,
                    data_signature=description.data_signature,
                    label_data=description.label_data,
                    **self.model_arguments(self._facts),
                )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptModelException(
                f"{self._resource.name}/{DESCRIPTION} cannot be used: {error}. Train again."
            ) from error

    def _go_on_from(self, description: ModelDescription) -> ModelDescription:
        """Take up what was learnt before; return it with the options that hold from now on."""
        self._previous = PreviousTraining(self.name, description.facts, description.sizes)
        if not self._decoder.is_trained:
            return description
        self._config = finetuning_config(description.config, self._config)
        return replace(description, config=self._model_config())
