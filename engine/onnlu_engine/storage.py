"""Where components persist themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from onnlu_engine.errors import GraphSchemaException, OnnluException, ResourceNotFoundException
from onnlu_engine.names import name_problem
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
    """A storage in one local folder, with a sub-folder for each resource.

    Args:
        root: the folder; it must exist.
        read_only: refuse `write_to`, as befits a model that is being served.
    """

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        self._root = root
        self._read_only = read_only

    @contextmanager
    def write_to(self, resource: Resource) -> Iterator[Path]:
        """Yield `<root>/<name>`; what is already there stays.

        A folder that is left empty is removed, since a model lists files and not folders: what
        cannot be read after loading cannot be read before either.

        Raises:
            OnnluException: the storage is read only.
            GraphSchemaException: the resource's name cannot name a folder.
        """
        folder = self._folder(resource)
        if self._read_only:
            raise OnnluException(
                f"Resource '{resource.name}' cannot be written: {self._root} belongs to a model "
                "that is being served. Persist components in training only."
            )
        folder.mkdir(exist_ok=True)
        try:
            yield folder
        finally:
            with suppress(OSError):
                folder.rmdir()

    @contextmanager
    def read_from(self, resource: Resource) -> Iterator[Path]:
        """Yield `<root>/<name>`.

        Raises:
            ResourceNotFoundException: nothing was written under this name.
            GraphSchemaException: the resource's name cannot name a folder.
        """
        folder = self._folder(resource)
        if not folder.is_dir():
            raise ResourceNotFoundException(
                f"Nothing was persisted for resource '{resource.name}' in {self._root}. "
                "Train the component first, or point the node to the right resource."
            )
        yield folder

    def _folder(self, resource: Resource) -> Path:
        problem = name_problem(resource.name)
        if problem:
            raise GraphSchemaException(
                f"Resource {resource.name!r} cannot name a folder: {problem}. "
                "Give the node or its resource a plain name."
            )
        return self._root / resource.name
