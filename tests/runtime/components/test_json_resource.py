from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu.components.json_resource import read_json, write_json
from onnlu_engine import ModelStorage, Resource
from onnlu_engine.errors import CorruptModelException, ResourceNotFoundException

RESOURCE = Resource("train_X1")


def read(model_storage: ModelStorage) -> Any:
    return read_json(
        model_storage, RESOURCE, "x.json", lambda content: isinstance(content, list), "a list"
    )


def test_what_is_written_is_read_again(model_storage: ModelStorage) -> None:
    write_json(model_storage, RESOURCE, "x.json", ["é", {"b": 1, "a": 2}])
    assert read(model_storage) == ["é", {"b": 1, "a": 2}]


def test_equal_content_is_equal_bytes(model_storage: ModelStorage, tmp_path: Path) -> None:
    write_json(model_storage, RESOURCE, "x.json", {"b": "é", "a": 1})
    assert (tmp_path / "train_X1/x.json").read_bytes() == '{"a":1,"b":"é"}\n'.encode()


def test_a_missing_resource_is_named(model_storage: ModelStorage) -> None:
    with pytest.raises(ResourceNotFoundException, match="train_X1"):
        read(model_storage)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"[1", b"\xff\xfe", b"[" * 100_000, b'{"a": 1}'],
    ids=["missing", "empty", "cut off", "not UTF-8", "nested too deep", "another shape"],
)
def test_a_spoilt_file_is_named(
    model_storage: ModelStorage, tmp_path: Path, content: bytes | None
) -> None:
    (tmp_path / "train_X1").mkdir()
    if content is not None:
        (tmp_path / "train_X1/x.json").write_bytes(content)
    with pytest.raises(CorruptModelException, match=r"'x\.json' of component 'train_X1'"):
        read(model_storage)
