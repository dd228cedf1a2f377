"""The first node of a train graph."""

from __future__ import annotations

from typing import Any, Self

from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource
from onnlu_train.data.held_out import ImporterWithValidation


class NLUTrainingDataProvider(GraphComponent):
    """Hands training data and validation data to the graph."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build the provider; it has nothing to configure."""
        return cls()

    def provide(self, importer: ImporterWithValidation) -> TrainingData:
        """Return the training data, in messages that the components may work on.

        Raises:
            InvalidDataException: the files have problems.
        """
        return importer.nlu_data().unprocessed()

    def provide_validation(self, importer: ImporterWithValidation) -> TrainingData:
        """Return the validation data, in messages that the components may work on.

        Raises:
            InvalidDataException: the files have problems, or nothing can be held out.
        """
        return importer.validation_data().unprocessed()
