"""The name under which a component persists itself."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from onnlu_engine.errors import OnnluException, ResourceNotFoundException
from onnlu_engine.fingerprints import fingerprint, folder_fingerprint

if TYPE_CHECKING:
    from onnlu_engine.storage import ModelStorage


def _random_fingerprint() -> str:
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True)
class Resource:
    """Locates what a component persisted in a `ModelStorage`.

    Attributes:
        name: folder of the resource; two resources of one name are equal.
        output_fingerprint: stands for its content; by default one that nothing else has, so that
            whatever reads the resource runs again.
    """

    name: str
    output_fingerprint: str = field(default_factory=_random_fingerprint, compare=False)

    def fingerprint(self) -> str:
        """Return what stands for this resource's content in a fingerprint."""
        return self.output_fingerprint

    def content_fingerprint(self, model_storage: ModelStorage) -> str:
        """Return the digest of all that is persisted under this name; of nothing, too.

        Raises:
            NoFingerprintException: something that is neither a file nor a folder is there.
            OSError: it cannot be read.
        """
        try:
            with model_storage.read_from(self) as folder:
                return folder_fingerprint(folder)
        except ResourceNotFoundException:
            return fingerprint({})

    def to_cache(self, directory: Path, model_storage: ModelStorage) -> None:
        """Copy what is persisted under this name; a component may have persisted nothing.

        Args:
            directory: an empty one.
            model_storage: where the resource is.

        Raises:
            OSError: something cannot be copied.
        """
        import shutil  # only training needs it: it would cost every start 5 ms

        try:
            with model_storage.read_from(self) as folder:
                shutil.copytree(folder, directory, symlinks=True, dirs_exist_ok=True)
        except ResourceNotFoundException:
            return

    @classmethod
    def from_cache(
        cls, node_name: str, directory: Path, model_storage: ModelStorage, output_fingerprint: str
    ) -> Self:
        """Put what `to_cache` copied into a storage, under the name of a node.

        Args:
            node_name: the node whose result it is.
            directory: what `to_cache` filled.
            model_storage: where it goes; it may be there already.
            output_fingerprint: stands for the content.

        Raises:
            OnnluException: the storage has something else under this name.
            OSError: something cannot be copied.
        """
        import shutil

        resource = cls(node_name, output_fingerprint)
        with model_storage.write_to(resource) as folder:
            if not any(folder.iterdir()):
                try:
                    shutil.copytree(directory, folder, dirs_exist_ok=True)
                except BaseException:
                    # The component is trained instead, and must not find half of another's files.
                    shutil.rmtree(folder, ignore_errors=True)
                    raise
            elif folder_fingerprint(folder) != folder_fingerprint(directory):
                raise OnnluException(
                    f"Resource '{node_name}' cannot be restored: something else was persisted "
                    "under this name. Train into an empty storage."
                )
        return resource
