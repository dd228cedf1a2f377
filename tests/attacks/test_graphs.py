"""Graphs in a manifest that name code, methods or files that are none of a model's business."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onnlu
from onnlu.golden import GOLDEN, TENSORS_FILE, verify_golden
from onnlu_engine import open_model, write_model
from onnlu_engine.errors import GraphSchemaException

from .forgeries import Forgery, copied, forged

TOKENIZER = ("predict_schema", "nodes", "run_WhitespaceTokenizer0")


def refusal(model: Path, folder: Path, key: str, value: Any) -> str:
    """Load a model whose tokenizer has another value under a key; return what is said."""
    forgery = Forgery("manifest.json", (*TOKENIZER, key), value)
    with (
        forged(copied(model, folder), forgery) as path,
        pytest.raises(onnlu.OnnluException) as raised,
    ):
        onnlu.load(path, device="cpu")
    assert isinstance(raised.value, onnlu.ModelException | GraphSchemaException)
    return str(raised.value)


@pytest.mark.parametrize(
    "name",
    [
        *("os.system", "subprocess.Popen", "onnlu.components.whitespace_tokenizer"),
        *("onnlu.components.whitespace_tokenizer.WhitespaceTokenizer", "builtins.eval", ""),
        *("evil:Component", "../evil", "WhitespaceTokenizer\0"),
    ],
)
def test_a_component_is_never_a_path_to_import(
    exported_model: Path, tmp_path: Path, name: str
) -> None:
    assert "is not registered" in refusal(exported_model, tmp_path, "uses", name)


@pytest.mark.parametrize("key", ["constructor_name", "fn"])
@pytest.mark.parametrize("method", ["__init__", "__reduce__", "_load", "mro", "__class__.mro", ""])
def test_a_node_runs_public_methods_of_components_alone(
    exported_model: Path, tmp_path: Path, key: str, method: str
) -> None:
    assert f"has no method '{method}'" in refusal(exported_model, tmp_path, key, method)


@pytest.mark.parametrize("name", ["../../secret", "/etc", "..", "", "a/b", "C:", "a\0"])
def test_a_resource_is_a_folder_of_the_model(
    exported_model: Path, tmp_path: Path, name: str
) -> None:
    resource = {"name": name, "output_fingerprint": ""}
    place = ("predict_schema", "nodes", "run_CountVectorsFeaturizer2", "resource")
    forgery = Forgery("manifest.json", place, resource)
    with (
        forged(copied(exported_model, tmp_path), forgery) as path,
        pytest.raises(GraphSchemaException, match="cannot name a folder"),
    ):
        onnlu.load(path, device="cpu")


@pytest.mark.parametrize("value", [5, "run", [None], {"run": 1}])
def test_what_is_shown_of_diagnostics_is_a_list_of_nodes(
    exported_model: Path, tmp_path: Path, value: Any
) -> None:
    forgery = Forgery("manifest.json", ("diagnostics",), value)
    with (
        forged(copied(exported_model, tmp_path), forgery) as path,
        pytest.raises(onnlu.CorruptModelException, match="'diagnostics' must be a list of nodes"),
    ):
        onnlu.load(path, device="cpu").info()


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../escaped", "x")


def tarred(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../escaped"), io.BytesIO())


@pytest.mark.parametrize("write", [zipped, tarred])
def test_an_archive_is_never_unpacked(tmp_path: Path, write: Callable[[Path], None]) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    write(folder / "model")

    with pytest.raises(onnlu.IncompatibleModelException, match="Unpack it first"):
        onnlu.load(folder / "model")

    assert [path.name for path in tmp_path.rglob("*")] == ["models", "model"]


class Payload:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, note: Path) -> None:
        self._note = note

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._note,)


def test_golden_vectors_are_not_unpickled(exported_model: Path, tmp_path: Path) -> None:
    note, golden = tmp_path / "note", tmp_path / GOLDEN
    model = open_model(exported_model)
    golden.mkdir()
    cases = model.path / GOLDEN / "cases.json"
    (golden / "cases.json").write_bytes(cases.read_bytes())
    array = np.array([Payload(note)], dtype=object)
    np.savez(golden / TENSORS_FILE, allow_pickle=True, **{"0/x": array})
    folders = {"components": model.components, GOLDEN: golden}
    write_model(tmp_path / "model", model.manifest, folders)

    with pytest.raises(onnlu.CorruptModelException, match="no golden vectors"):
        verify_golden(onnlu.load(tmp_path / "model", device="cpu"))

    assert not note.exists()


@pytest.mark.parametrize("character", ["a", " ", "a ", "\u0301", "\U0001f600", "(", "\0"])
def test_a_message_of_a_million_characters(exported_model: Path, character: str) -> None:
    nlu = onnlu.load(exported_model, device="cpu")
    text = (character * 1_000_000)[:1_000_000]

    with pytest.raises(onnlu.TextTooLongException, match="1000000 characters exceeds the limit"):
        nlu.parse(text)

    kept = nlu.parse(text, on_too_long="truncate")
    assert text.startswith(kept.text)
    assert len(kept.text) <= 10_000
    json.dumps(kept.to_dict())
