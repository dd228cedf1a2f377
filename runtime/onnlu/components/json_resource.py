"""What a component learnt, as one JSON file in its resource."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from onnlu_engine import ModelStorage, Resource
from onnlu_engine.errors import CorruptModelException


def write_json(
    model_storage: ModelStorage, resource: Resource, file_name: str, content: Any
) -> None:
    """Write a file into a resource: UTF-8, sorted keys, so that equal content is equal bytes."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    with model_storage.write_to(resource) as folder:
        (folder / file_name).write_text(text + "\n", encoding="utf-8")


def read_json(
    model_storage: ModelStorage,
    resource: Resource,
    file_name: str,
    is_valid: Callable[[Any], bool],
    expected: str,
) -> Any:
    """Read a file of a resource.

    Args:
        model_storage: where the resource is.
        resource: the resource.
        file_name: the file in it.
        is_valid: tells whether the content has the right shape.
        expected: that shape, in words.

    Raises:
        ResourceNotFoundException: there is no such resource.
        CorruptModelException: the file is missing, is no JSON, or has the wrong shape.
    """
    with model_storage.read_from(resource) as folder:
        path = folder / file_name
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise _corrupt(resource, file_name, f"cannot be read: {error}") from error
    if not is_valid(content):
        raise _corrupt(resource, file_name, f"does not hold {expected}")
    return content


def _corrupt(resource: Resource, file_name: str, cause: str) -> CorruptModelException:
    return CorruptModelException(
        f"File '{file_name}' of component '{resource.name}' {cause}. "
        "Take the model from its source again, or train it anew."
    )
