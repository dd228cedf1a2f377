"""The DIET classifier on ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Self

from onnlu.components.intent_classifier import IntentClassifier
from onnlu.decoding.prediction import PredictionDecoder
from onnlu.features import has_text_features
from onnlu.message import Message
from onnlu.model_inputs import MAX_TOKENS, batches, check_token_limit, text_inputs
from onnlu.session import OnnxSession, Tensors
from onnlu_engine import ExecutionContext, ModelStorage, Resource
from onnlu_engine.errors import CorruptModelException

MODEL_FILE = "model.onnx"
FACTS_FILE = "facts.json"


class DIETClassifierOnnx(IntentClassifier):
    """Intents and entities by an exported DIET model; the counterpart of `DIETClassifier`."""

    def __init__(self, session: OnnxSession, facts: dict[str, Any], max_tokens: int) -> None:
        self._session = session
        self._decoder = PredictionDecoder(facts)
        self._featurizers = tuple(facts.get("featurizers", ()))
        self._max_tokens = max_tokens

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Load the exported model; it cannot be made in any other way."""
        return cls.load(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Load the exported model and the facts that go with it.

        Raises:
            CorruptModelException: a file is missing or cannot be used.
            DeviceUnavailableException: the device asked for cannot be had.
        """
        settings = execution_context.settings
        with model_storage.read_from(resource) as folder:
            try:
                facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise CorruptModelException(
                    f"{resource.name}/{FACTS_FILE} cannot be read: {error}. Export again."
                ) from error
            session = OnnxSession(
                folder / MODEL_FILE,
                device=settings.get("device", "cpu"),
                threads=settings.get("threads", 1),
                exact=settings.get("exact", False),
            )
        return cls(session, facts, settings.get("max_tokens", MAX_TOKENS))

    @property
    def session(self) -> OnnxSession:
        """The session, for what it says of its device."""
        return self._session

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intents and entities on featurized messages, in place.

        Raises:
            TextTooLongException: a text has more tokens than the limit.
        """
        check_token_limit(messages, self._max_tokens)
        known = []
        for message in messages:
            if self.can_infer(message):
                known.append(message)
            else:
                self._decoder.annotate_without_features(message)
        for batch in batches(known):
            self._decoder.annotate_batch(batch, self.infer(batch))
        return messages

    def can_infer(self, message: Message) -> bool:
        """Return whether a message has the features that the model reads."""
        return has_text_features(message, self._featurizers)

    def inputs(self, messages: Sequence[Message]) -> Tensors:
        """Return the model's inputs for messages with features, as one batch."""
        return text_inputs(messages, self._featurizers, self._session.input_names)

    def infer(self, messages: Sequence[Message]) -> Tensors:
        """Return the model's outputs for messages with features, as one batch."""
        return self._session.run(self.inputs(messages))
