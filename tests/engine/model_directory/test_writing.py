"""Models as they are written: their files, their manifest, their id."""

from __future__ import annotations

import hashlib
import json
import random
import re
from pathlib import Path

import pytest

from onnlu_engine import FORMAT, LocalModelStorage, Model, Resource
from onnlu_engine.model_directory import canonical_json, open_model, write_model

from .models import MANIFEST, tree, write


@pytest.mark.behaviour("2.2/10")
def test_what_is_written_is_opened(tmp_path: Path, components: Path) -> None:
    golden = tmp_path / "vectors"
    golden.mkdir()
    (golden / "texts.json").write_text("[]")
    target = tmp_path / "model"
    id_ = write_model(target, MANIFEST, {"components": components, "golden": golden})
    model = open_model(target)
    assert isinstance(model, Model)
    assert model.model_id == id_
    assert model.path == target
    assert model.components == target / "components"
    assert {key: model.manifest[key] for key in MANIFEST} == MANIFEST
    with LocalModelStorage(model.components, read_only=True).read_from(Resource("train_A")) as f:
        assert (f / "weights").read_bytes() == bytes(range(256))
    assert (components / "train_A" / "weights").exists()  # copied, not moved


@pytest.mark.behaviour("2.2/10")
def test_the_manifest_lists_every_other_file(tmp_path: Path, components: Path) -> None:
    write(tmp_path / "model", components)
    written = tree(tmp_path / "model")
    text = written.pop("manifest.json").decode()
    manifest = json.loads(text)
    assert text == canonical_json(manifest) + "\n"
    assert manifest["format"] == FORMAT == "onnlu/1.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", manifest["created"])
    assert manifest["files"] == {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in written.items()
    }
    assert sorted(written) == [
        "components/train_A/deep/vocabulary.json",
        "components/train_A/weights",
    ]


def test_the_model_id_is_the_digest_of_the_manifest_without_id_and_date(
    tmp_path: Path, components: Path
) -> None:
    id_ = write(tmp_path / "model", components)
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    del manifest["created"], manifest["model_id"]
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert id_ == hashlib.sha256(text.encode()).hexdigest()


def test_the_same_content_has_the_same_id_wherever_it_is(tmp_path: Path, components: Path) -> None:
    ids = {write(tmp_path / name, components) for name in ("one", "two")}
    assert len(ids) == 1
    (components / "train_A" / "weights").write_bytes(b"other")
    assert write(tmp_path / "three", components) not in ids


def test_what_a_manifest_says_of_files_and_format_is_written_anew(
    tmp_path: Path, components: Path
) -> None:
    """An exported model's manifest may start from the trained one's."""
    write(tmp_path / "one", components)
    copied = open_model(tmp_path / "one").manifest
    assert write_model(tmp_path / "two", copied, {"components": components}) == copied["model_id"]


def test_keys_that_json_makes_texts_do_not_change_the_id(tmp_path: Path) -> None:
    id_ = write_model(tmp_path / "model", {"labels": {10: "a", 9: "b"}, "pair": (1, 2)}, {})
    model = open_model(tmp_path / "model")
    assert model.model_id == id_
    assert model.manifest["labels"] == {"9": "b", "10": "a"}


def test_a_relative_path_or_a_text_will_do(
    tmp_path: Path, components: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model("model", MANIFEST, {"components": components})
    assert open_model("model").path == tmp_path / "model"


# A thread computes the digests of large ones.
@pytest.mark.parametrize("size", [0, 256, 2**20 - 1, 2**20, 2**23 + 3])
def test_a_file_of_any_size_has_the_digest_of_its_content(tmp_path: Path, size: int) -> None:
    source = tmp_path / "source"
    source.mkdir()
    content = random.Random(size).randbytes(size)
    (source / "weights").write_bytes(content)

    write_model(tmp_path / "model", MANIFEST, {"components": source})

    (facts,) = open_model(tmp_path / "model").manifest["files"].values()
    assert facts == {"size": size, "sha256": hashlib.sha256(content).hexdigest()}
