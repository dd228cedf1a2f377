"""Models that were tampered with: each is refused by a typed error of one line."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import canonical_json, open_model, write_model
from onnlu_engine.errors import (
    CorruptModelException,
    IncompatibleModelException,
    InvalidConfigException,
    ModelException,
)
from onnlu_engine.manifest import MANIFEST_LIMIT

FILES = {
    "components/train_A/weights.safetensors": bytes(range(256)) * 40,
    "components/train_A/vocabulary.json": '{"é": 1}'.encode(),
    "components/train_B/model.onnx": b"onnx",
    "components/train_B/empty": b"",
    "golden/texts.json": b"[]",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A sound model."""
    source = tmp_path / "source"
    for name, content in FILES.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folders = {name: source / name for name in ("components", "golden")}
    write_model(tmp_path / "model", {"kind": "onnx", "config": {"a": [1.5, None]}}, folders)
    open_model(tmp_path / "model")
    return tmp_path / "model"


def refused(model: Path, *parts: str, error: type[ModelException] = CorruptModelException) -> None:
    """Opening the model ends in an error of one line that says all of `parts`."""
    with pytest.raises(error) as raised:
        open_model(model)
    message = str(raised.value)
    assert "\n" not in message
    assert raised.value.exit_code == 5
    for part in parts:
        assert part in message


def rewrite(model: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as an attacker would who also mends its id."""
    path = model / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    kept = {key: manifest[key] for key in manifest.keys() - {"created", "model_id"}}
    manifest["model_id"] = hashlib.sha256(canonical_json(kept).encode()).hexdigest()
    path.write_text(canonical_json(manifest) + "\n")


@pytest.mark.parametrize("name", [name for name, content in FILES.items() if content])
def test_a_flipped_bit(model: Path, name: str) -> None:
    content = FILES[name]
    for position in {0, len(content) // 2, len(content) - 1}:
        flipped = bytearray(content)
        flipped[position] ^= 1
        (model / name).write_bytes(flipped)
        refused(model, name, "has been changed")
    (model / name).write_bytes(content)
    open_model(model)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_length(model: Path, name: str) -> None:
    (model / name).write_bytes(FILES[name] + b"x")
    refused(model, name, f"{len(FILES[name]) + 1} bytes instead of {len(FILES[name])}")
    if FILES[name]:
        (model / name).write_bytes(FILES[name][:-1])
        refused(model, name, f"{len(FILES[name]) - 1} bytes")


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file(model: Path, name: str) -> None:
    (model / name).unlink()
    refused(model, name, "is missing")


def test_swapped_files(model: Path) -> None:
    one, other = (model / name for name in list(FILES)[:2])
    one.rename(model / "between")
    other.rename(one)
    (model / "between").rename(other)
    refused(model, "bytes instead of")


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_file_that_is_a_link_to_the_same_content(model: Path, name: str) -> None:
    (model / name).rename(model.parent / "elsewhere")
    (model / name).symlink_to(model.parent / "elsewhere")
    refused(model, name, "is a symbolic link")


@pytest.mark.parametrize("name", ["components", "components/train_A"])
def test_a_folder_that_is_a_link_to_the_same_content(model: Path, name: str) -> None:
    (model / name).rename(model.parent / "elsewhere")
    (model / name).symlink_to(model.parent / "elsewhere")
    refused(model, name, "is a symbolic link")


@pytest.mark.parametrize("name", ["extra", "components/extra.py", "components/train_A/.hidden"])
def test_an_extra_file(model: Path, name: str) -> None:
    (model / name).touch()
    refused(model, name, "is not in the manifest")


def test_an_extra_folder(model: Path) -> None:
    (model / "components" / "train_C").mkdir()
    refused(model, "components/train_C", "is not in the manifest")


def test_a_link_that_leads_nowhere(model: Path) -> None:
    (model / "extra").symlink_to("/nowhere")
    refused(model, "extra", "is a symbolic link")


def test_a_name_that_is_no_unicode(model: Path) -> None:
    (model / os.fsdecode(b"\xff\n")).touch()
    refused(model, "\\udcff\\n", "is not in the manifest")


@pytest.mark.parametrize("name", ["components/train_B/empty", "manifest.json", "extra"])
def test_a_pipe_that_would_block_its_reader(model: Path, name: str) -> None:
    (model / name).unlink(missing_ok=True)
    os.mkfifo(model / name)
    refused(model, name, "is not a regular file")


def test_a_folder_in_the_place_of_a_file(model: Path) -> None:
    (model / "golden/texts.json").unlink()
    (model / "golden/texts.json").mkdir()
    refused(model, "golden/texts.json", "is not in the manifest")


def test_every_byte_of_the_manifest(model: Path) -> None:
    """Whatever byte is changed, the model is refused; but its date, which is no part of its id."""
    path = model / "manifest.json"
    content = path.read_bytes()
    start = content.index(b'"created":"') + len(b'"created":"')
    date = range(start, start + len("2000-01-01T00:00:00Z"))
    for position in range(len(content)):
        if position in date and chr(content[position]).isdigit():
            continue
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        refused(model, error=ModelException)
    path.write_bytes(content)
    open_model(model)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: " " + text,
        lambda text: text + "\n",
        lambda text: text.rstrip("\n"),
        lambda text: text.replace('"kind":', '"kind":"tensorflow","kind":'),
        lambda text: text.replace("1.5", "1.50"),
        lambda text: text.replace("onnx", "\\u006fnnx", 1),
        lambda text: "\ufeff" + text,
    ],
)
def test_a_manifest_that_says_the_same_in_other_bytes(
    model: Path, change: Callable[[str], str]
) -> None:
    path = model / "manifest.json"
    before = path.read_text()
    assert change(before) != before
    path.write_text(change(before))
    refused(model, "manifest.json")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b"NaN",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        '{"format":"onnlu/1.0"}'.encode("utf-16"),
        b'{"format":"onnlu/1.0"}',
        b'{"format":"onnlu/1.0","created":"","files":{},"model_id":"","x":1e999}',
        b'{"format":"onnlu/1.0","created":"","files":{},"model_id":"","x":"\\ud800"}',
    ],
)
def test_a_manifest_that_is_none(model: Path, content: bytes) -> None:
    (model / "manifest.json").write_bytes(content)
    refused(model, "manifest.json")


@pytest.mark.parametrize("format_", [None, 1, "", "onnlu", "onnlu/1", "onnlu/1.0.0", "rasa/1.0"])
def test_another_format(model: Path, format_: object) -> None:
    rewrite(model, lambda manifest: manifest.update(format=format_))
    refused(model, "is no onnlu model", error=IncompatibleModelException)


def test_a_huge_manifest_is_not_read(model: Path) -> None:
    with (model / "manifest.json").open("r+b") as file:
        file.truncate(MANIFEST_LIMIT + 1)
    refused(model, "manifest.json", "is larger than")


@pytest.mark.parametrize("key", ["created", "files"])
@pytest.mark.parametrize("value", ["absent", None, 1, [], True])
def test_a_manifest_with_a_key_missing_or_of_the_wrong_type(
    model: Path, key: str, value: object
) -> None:
    rewrite(model, lambda m: m.pop(key) if value == "absent" else m.update({key: value}))
    refused(model, key)


@pytest.mark.parametrize(
    "facts",
    [
        None,
        [],
        {},
        {"size": 2},
        {"size": "2", "sha256": "0" * 64},
        {"size": True, "sha256": "0" * 64},
        {"size": -1, "sha256": "0" * 64},
        {"size": 2, "sha256": "0" * 63},
        {"size": 2, "sha256": "A" * 64},
        {"size": 2, "sha256": 0},
    ],
)
def test_a_file_that_is_listed_without_size_and_digest(model: Path, facts: object) -> None:
    rewrite(model, lambda manifest: manifest["files"].update({"golden/texts.json": facts}))
    refused(model, "golden/texts.json")


@pytest.mark.parametrize(
    "path",
    [
        *("../secret", "/etc/passwd", "golden/../../secret", "./golden/texts.json", "a//b", ""),
        *("golden\\texts.json", "C:/x", "golden/\0", "golden/\u202e", "manifest.json"),
    ],
)
def test_a_path_that_leads_astray(model: Path, path: str) -> None:
    secret = b"[]"
    (model.parent / "secret").write_bytes(secret)
    facts = {"size": len(secret), "sha256": hashlib.sha256(secret).hexdigest()}
    rewrite(model, lambda manifest: manifest["files"].update({path: facts}))
    refused(model, repr(path))


def test_paths_that_are_one_where_case_does_not_count(model: Path) -> None:
    shutil.copy(model / "golden/texts.json", model / "golden/TEXTS.json")
    rewrite(
        model,
        lambda m: m["files"].update({"golden/TEXTS.json": m["files"]["golden/texts.json"]}),
    )
    refused(model, "differ in case only")


def test_a_consistent_forgery_is_found_by_its_pinned_digest(model: Path) -> None:
    pinned = f"sha256:{open_model(model).model_id}"
    rewrite(model, lambda manifest: manifest.update(config={}))
    open_model(model)
    with pytest.raises(CorruptModelException, match="not the model that was pinned"):
        open_model(model, digest=pinned)


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "md5:" + "0" * 32, "0" * 64, "sha256:" + "A" * 64]
)
def test_a_digest_that_is_none_pins_nothing(model: Path, digest: str) -> None:
    with pytest.raises(InvalidConfigException, match="64 lower-case hex digits"):
        open_model(model, digest=digest)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_a_file_that_may_not_be_read(model: Path) -> None:
    (model / "golden/texts.json").chmod(0)
    refused(model, "cannot be read", error=ModelException)


def test_a_path_that_cannot_exist(tmp_path: Path) -> None:
    refused(tmp_path / ("x" * 5000), "cannot be read", error=ModelException)
