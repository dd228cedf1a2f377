"""Where components persist themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from onnlu_engine.errors import ResourceNotFoundException
from onnlu_engine.resource import Resource


class ModelStorage(ABC):
    """Gives components a folder each to write to and to read from."""

    @abstractmethod
    def write_to(self, resource: Resource) -> AbstractContextManager[Path]:
        """Yield the resource's folder for writing; it is made if it is missing."""

    @abstractmethod
    def read_from(self, resource: Resource) -> AbstractContextManager[Path]:
        """Yield the resource's folder for reading.

        Raises:
            ResourceNotFoundException: nothing was written under this name.
        """


class LocalModelStorage(ModelStorage):
    """A storage in one local folder, with a sub-folder for each resource."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def write_to(self, resource: Resource) -> Iterator[Path]:
        """Yield `<root>/<name>`; what is already there stays."""
        folder = self._root / resource.name
        folder.mkdir(exist_ok=True)
        yield folder

    @contextmanager
    def read_from(self, resource: Resource) -> Iterator[Path]:
        """Yield `<root>/<name>`."""
        folder = self._root / resource.name
        if not folder.is_dir():
            raise ResourceNotFoundException(
                f"Nothing was persisted for resource '{resource.name}' in {self._root}. "
                "Train the component first, or point the node to the right resource."
            )
        yield folder
