"""The model that a finetuning goes on from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onnlu.nlu import describe
from onnlu_engine import LocalModelStorage, Resource
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import IncompatibleModelException
from onnlu_engine.model_directory import Model, open_model
from onnlu_engine.schema import GraphSchema
from onnlu_train.training.finished import TRAIN


def open_base_model(path: Path) -> Model:
    """Open a trained model to go on from.

    Raises:
        ModelException: it is missing, corrupt, incompatible, or exported.
    """
    model = open_model(path)
    if describe(model)["kind"] == "onnx":
        raise IncompatibleModelException(
            f"{path} is an exported model, which cannot be trained further. Name the one that it "
            f"was exported from: its model_id is {model.manifest.get('exported_from')}."
        )
    return model


def finetuned_nodes(schema: GraphSchema) -> set[str]:
    """Return the nodes of a train graph that go on from what they learnt before."""
    return {
        name
        for name, node in schema.nodes.items()
        if node.fn == TRAIN and node.constructor_name == "load"
    }


def finetuning_notices(base: Model, configuration: GraphModelConfiguration) -> Iterator[str]:
    """Yield what a user should know of a finetuning."""
    yield f"goes on from {base.path}, model_id {base.model_id}"
    finetuned = finetuned_nodes(configuration.train_schema)
    for name, node in configuration.train_schema.nodes.items():
        if node.fn == TRAIN and name not in finetuned:
            yield f"{node.uses.__name__} cannot be finetuned: it learns anew, from this data alone"


class FinetuningStorage(LocalModelStorage):
    """A storage whose components find what they learnt before in the base model.

    Nothing is ever written there.

    Args:
        root: where components persist themselves.
        base: the components of the base model.
        resources: those that go on from the base model; the others never see it.
    """

    def __init__(self, root: Path, base: Path, resources: set[str]) -> None:
        super().__init__(root)
        self._own = root
        self._base = LocalModelStorage(base, read_only=True)
        self._resources = resources

    @contextmanager
    def read_from(self, resource: Resource) -> Iterator[Path]:
        """Yield the resource's folder: what was written in this training, else the base model's.

        Raises:
            ResourceNotFoundException: neither has it.
            GraphSchemaException: the resource's name cannot name a folder.
        """
        goes_on = resource.name in self._resources
        if goes_on and not (self._own / resource.name).is_dir():
            with self._base.read_from(resource) as folder:
                yield folder
        else:
            with super().read_from(resource) as folder:
                yield folder
