"""What all components have in common that run an exported model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Protocol, Self

import numpy.typing as npt

from onnlu.diagnostics import add_diagnostics
from onnlu.features import has_text_features
from onnlu.limits import MAX_TOKENS
from onnlu.message import Message
from onnlu.model_inputs import (
    batches,
    check_token_limit,
    real_sizes,
    text_inputs,
)
from onnlu.session import MODEL_FILE, OnnxSession, Tensors, created_session
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource
from onnlu_engine.errors import CorruptModelException

DIAGNOSTICS_FILE = "diagnostics.onnx"
FACTS_FILE = "facts.json"


class Decoder(Protocol):
    """Turns the outputs of a model into attributes of messages."""

    @property
    def is_trained(self) -> bool:
        """Whether there is a model with outputs to decode."""

    def annotate_batch(
        self, messages: Sequence[Message], outputs: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        """Set what the outputs of one batch say."""

    def annotate_without_features(self, message: Message) -> None:
        """Say that nothing is known of a message."""


class OnnxComponent(GraphComponent):
    """Runs `model.onnx` of its resource on featurized messages, as `facts.json` tells.

    Where the context asks for diagnostic data and the resource has `diagnostics.onnx`, it runs
    that one, which returns such data too. A subclass names its decoder.

    Attributes:
        decoder_class: makes attributes of messages of the model's outputs; built from the facts.
    """

    decoder_class: ClassVar[Any]  # called with the facts, it returns a `Decoder`

    def __init__(
        self,
        session: OnnxSession | None,
        facts: dict[str, Any],
        decoder: Decoder,
        max_tokens: int,
        diagnosed_as: str | None = None,
    ) -> None:
        self._session = session
        self._decoder = decoder
        self._featurizers = tuple(facts.get("featurizers", ()))
        self._max_tokens = max_tokens
        self._diagnosed_as = diagnosed_as

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
            decoder = cls.decoder_class(facts)
            diagnostics = folder / DIAGNOSTICS_FILE
            diagnoses = execution_context.should_add_diagnostic_data and diagnostics.exists()
            session = None
            if decoder.is_trained:
                create = settings.get("create_session", partial(created_session, settings=settings))
                session = create(diagnostics if diagnoses else folder / MODEL_FILE)
        limit = settings.get("max_tokens", MAX_TOKENS)
        name = execution_context.node_name or resource.name
        return cls(session, facts, decoder, limit, name if diagnoses else None)

    @property
    def session(self) -> OnnxSession:
        """The session of the model.

        Raises:
            CorruptModelException: the component learnt nothing, and has no model.
        """
        if self._session is None:
            raise CorruptModelException(f"{type(self).__name__} learnt nothing: it has no model.")
        return self._session

    def process(self, messages: list[Message]) -> list[Message]:
        """Set what the model says of featurized messages, in place.

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
        if self._diagnosed_as is not None:
            self._diagnose(known, self._diagnosed_as)
            return messages
        for batch in batches(known):
            self._decoder.annotate_batch(batch, self.infer(batch))
        return messages

    def _diagnose(self, messages: Sequence[Message], node: str) -> None:
        """Set what the model says and shows of each message: alone, so that nothing is padded."""
        for message in messages:
            outputs = self.infer([message])
            self._decoder.annotate_batch([message], outputs)
            add_diagnostics(message, node, outputs)

    def can_infer(self, message: Message) -> bool:
        """Return whether there is a model, and a message has the features that it reads."""
        return self._session is not None and has_text_features(message, self._featurizers)

    def inputs(self, messages: Sequence[Message]) -> Tensors:
        """Return the model's inputs for messages with features, as one batch."""
        session = self.session
        return text_inputs(messages, self._featurizers, session.input_names, session.rounded)

    def infer(self, messages: Sequence[Message]) -> Tensors:
        """Return the model's outputs for messages with features, as one batch."""
        outputs = self.session.run(self.inputs(messages))
        return self.session.cut(outputs, *real_sizes(messages))
