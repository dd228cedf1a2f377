"""Models on disk: written, checked, replaced."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import FORMAT, LocalModelStorage, Model, Resource
from onnlu_engine.errors import (
    CorruptModelException,
    IncompatibleModelException,
    ModelException,
    ModelWriteException,
)
from onnlu_engine.manifest import MANIFEST_LIMIT
from onnlu_engine.model_directory import canonical_json, check_target, open_model, write_model

MANIFEST: dict[str, Any] = {"kind": "onnx", "language": "ü", "figures": [1, 2.5, None]}


@pytest.fixture
def components(tmp_path: Path) -> Path:
    """What a small training left."""
    root = tmp_path / "storage"
    root.mkdir()
    with LocalModelStorage(root).write_to(Resource("train_A")) as folder:
        (folder / "weights").write_bytes(bytes(range(256)))
        (folder / "deep").mkdir()
        (folder / "deep" / "vocabulary.json").write_text('["é"]')
        (folder / "empty").mkdir()
    return root


def write(target: Path, components: Path, **arguments: Any) -> str:
    return write_model(target, MANIFEST, {"components": components}, **arguments)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


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


def test_a_model_is_opened_through_a_link_and_stays_the_one_it_was(
    tmp_path: Path, components: Path
) -> None:
    write(tmp_path / "v12", components)
    (tmp_path / "current").symlink_to("v12")
    assert open_model(tmp_path / "current").path == tmp_path / "v12"


def test_a_relative_path_or_a_text_will_do(
    tmp_path: Path, components: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model("model", MANIFEST, {"components": components})
    assert open_model("model").path == tmp_path / "model"


def test_a_pinned_model_opens_with_its_digest(tmp_path: Path, components: Path) -> None:
    id_ = write(tmp_path / "model", components)
    assert open_model(tmp_path / "model", digest=f"sha256:{id_}").model_id == id_


def test_opening_writes_nothing(tmp_path: Path, components: Path) -> None:
    target = tmp_path / "model"
    write(target, components)
    before = {path: path.stat().st_mtime_ns for path in [target, *target.rglob("*")]}
    open_model(target)
    assert {path: path.stat().st_mtime_ns for path in [target, *target.rglob("*")]} == before


def test_a_newer_minor_warns(tmp_path: Path, components: Path) -> None:
    rewrite(tmp_path, components, format="onnlu/1.7")
    with pytest.warns(UserWarning, match=r"onnlu/1\.7.*Update onnlu"):
        open_model(tmp_path / "model")


@pytest.mark.behaviour("2.2/11")
@pytest.mark.parametrize("format_", ["onnlu/2.0", "onnlu/0.9"])
def test_another_major_is_refused_with_what_to_do(
    tmp_path: Path, components: Path, format_: str
) -> None:
    rewrite(tmp_path, components, format=format_)
    with pytest.raises(IncompatibleModelException, match=f"'{format_}'.*Train or export"):
        open_model(tmp_path / "model")


def rewrite(tmp_path: Path, components: Path, **changes: Any) -> None:
    """Write a model whose manifest is sound but for the given keys."""
    write(tmp_path / "model", components)
    path = tmp_path / "model" / "manifest.json"
    manifest = {**json.loads(path.read_text()), **changes}
    kept = {key: manifest[key] for key in manifest.keys() - {"created", "model_id"}}
    manifest["model_id"] = hashlib.sha256(canonical_json(kept).encode()).hexdigest()
    path.write_text(canonical_json(manifest) + "\n")


def test_nothing_at_the_path_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelException, match="There is no model at"):
        open_model(tmp_path / "absent")


@pytest.mark.behaviour("2.2/8")
def test_an_archive_is_to_be_unpacked_first(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(IncompatibleModelException, match=r"Unpack it first: tar -xf .*tar\.gz"):
        open_model(tmp_path / "model.tar.gz")


def test_free_targets_are_free(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for overwrite in (False, True):
        check_target(tmp_path / "absent", overwrite)
        check_target(tmp_path / "deep" / "absent", overwrite)
        check_target(tmp_path / "empty", overwrite)
    assert names(tmp_path) == ["empty"]


def test_a_model_is_overwritten_on_request_only(tmp_path: Path, components: Path) -> None:
    target = tmp_path / "model"
    write(target, components)
    before = tree(target)
    (components / "train_A" / "weights").write_bytes(b"other")
    for attempt in (check_target, lambda path: write(path, components)):
        with pytest.raises(ModelWriteException, match="Pass --overwrite"):
            attempt(target)
    assert tree(target) == before
    check_target(target, overwrite=True)
    id_ = write(target, components, overwrite=True)
    assert open_model(target).model_id == id_
    assert tree(target) != before
    assert names(tmp_path) == ["model", "storage"]


def test_a_broken_model_is_overwritten_too(tmp_path: Path, components: Path) -> None:
    write(tmp_path / "model", components)
    (tmp_path / "model" / "components" / "train_A" / "weights").unlink()
    write(tmp_path / "model", components, overwrite=True)
    open_model(tmp_path / "model")


@pytest.mark.parametrize("manifest", [None, "no json", "[]", '{"name": "web app"}'])
def test_a_directory_that_is_no_model_is_never_overwritten(
    tmp_path: Path, components: Path, manifest: str | None
) -> None:
    target = tmp_path / "home"
    target.mkdir()
    (target / "thesis.txt").write_text("years")
    if manifest:
        (target / "manifest.json").write_text(manifest)
    before = tree(target)
    for overwrite in (False, True):
        with pytest.raises(ModelWriteException, match="other content, which is never overwritten"):
            write(target, components, overwrite=overwrite)
    assert tree(target) == before


def test_a_file_is_never_overwritten(tmp_path: Path, components: Path) -> None:
    (tmp_path / "model").write_text("file")
    with pytest.raises(ModelWriteException, match="is a file"):
        write(tmp_path / "model", components, overwrite=True)
    with pytest.raises(ModelWriteException, match="no directory that you may write to"):
        check_target(tmp_path / "model" / "inside")


@pytest.mark.parametrize("existing", [True, False])
def test_a_link_is_not_written_through(tmp_path: Path, components: Path, existing: bool) -> None:
    if existing:
        write(tmp_path / "v12", components)
    (tmp_path / "current").symlink_to("v12")
    with pytest.raises(ModelWriteException, match=r"symbolic link to v12.*point the link"):
        write(tmp_path / "current", components, overwrite=True)
    assert (tmp_path / "current").is_symlink()
    assert (tmp_path / "v12").exists() == existing


@pytest.mark.parametrize(
    "manifest", [{"loss": float("nan")}, {"set": {1}}, {"text": "\ud800"}, {"l": ["x"] * 5_000_000}]
)
def test_a_manifest_that_cannot_be_read_back_is_not_written(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    with pytest.raises(ModelWriteException, match="manifest"):
        write_model(tmp_path / "model", manifest, {})
    assert names(tmp_path) == []


def test_what_could_not_be_opened_is_not_written(tmp_path: Path, components: Path) -> None:
    folder = components / "train_A"
    (folder / "link").symlink_to("weights")
    refused(tmp_path, components, r"link' is a symbolic link")
    (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    refused(tmp_path, components, r"pipe' is not a regular file")
    (folder / "pipe").unlink()
    (folder / "back\\slash").touch()
    refused(tmp_path, components, r"slash' cannot be part of a model")
    (folder / "back\\slash").unlink()
    (folder / "WEIGHTS").touch()
    refused(tmp_path, components, r"differ in case only")


def refused(tmp_path: Path, components: Path, message: str) -> None:
    with pytest.raises(ModelWriteException, match=message):
        write(tmp_path / "model", components)
    assert names(tmp_path) == ["storage"]


@pytest.mark.parametrize("name", ["..", "a/b", ""])
def test_a_folder_goes_into_the_model_and_nowhere_else(
    tmp_path: Path, components: Path, name: str
) -> None:
    with pytest.raises(ModelWriteException, match="cannot be part of a model"):
        write_model(tmp_path / "model", MANIFEST, {name: components})
    assert names(tmp_path) == ["storage"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelWriteException, match="absent"):
        write(tmp_path / "model", tmp_path / "absent")
    assert names(tmp_path) == []


DISK_FULL = """
import resource, sys
from pathlib import Path
from onnlu_engine import write_model
from onnlu_engine.errors import ModelWriteException
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_model(Path(sys.argv[1]), {}, {"components": Path(sys.argv[2])}, overwrite=True)
except ModelWriteException as error:
    print(error)
"""


@pytest.mark.parametrize("existing", [True, False])
def test_a_full_disk_leaves_the_target_as_it_was(
    tmp_path: Path, components: Path, existing: bool
) -> None:
    target = tmp_path / "model"
    if existing:
        write(target, components)
    before = tree(target)
    done = subprocess.run(
        [sys.executable, "-c", DISK_FULL, target, components],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written to" in done.stdout
    assert "too large" in done.stdout
    assert tree(target) == before
    assert names(tmp_path) == ["model", "storage"][not existing :]


WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from onnlu_engine import write_model
for number in itertools.count():
    folders = {"components": Path(sys.argv[2]) / str(number % 2)}
    write_model(Path(sys.argv[1]), {"even": number % 2 == 0}, folders, overwrite=True)
    print(number, flush=True)
"""


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_a_killed_writer_leaves_the_old_model_or_the_new_one(tmp_path: Path, kills: int) -> None:
    target = tmp_path / "models" / "model"
    for number in (0, 1):
        (tmp_path / str(number)).mkdir()
        for i in range(3):
            (tmp_path / str(number) / f"file{i}").write_bytes(bytes([number]) * 50_000)
    moments = random.Random(kills)
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_FOR_EVER, target, tmp_path],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout
            writer.stdout.readline()
            time.sleep(moments.uniform(0, 0.05))
            writer.kill()
        model = open_model(target)
        number = 0 if model.manifest["even"] else 1
        assert (model.components / "file2").read_bytes() == bytes([number]) * 50_000
    write_model(target, {}, {}, overwrite=True)
    assert names(target.parent) == ["model"]


def test_a_manifest_that_is_too_large_to_open_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ModelWriteException, match=str(MANIFEST_LIMIT)):
        write_model(tmp_path / "model", {"text": "x" * MANIFEST_LIMIT}, {})


def test_something_else_is_done_while_the_files_are_read(tmp_path: Path, components: Path) -> None:
    id_ = write(tmp_path / "model", components)
    seen: list[Any] = []

    model = open_model(tmp_path / "model", meanwhile=seen.append)

    assert seen == [model.manifest]
    assert model.model_id == id_


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


@pytest.mark.parametrize("size", [256, 2**21])
def test_a_changed_file_goes_before_what_failed_meanwhile(tmp_path: Path, size: int) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights").write_bytes(bytes(size))
    write_model(tmp_path / "model", MANIFEST, {"components": source})
    threads = threading.active_count()

    with pytest.raises(ZeroDivisionError):
        open_model(tmp_path / "model", meanwhile=lambda manifest: 1 / 0)
    (tmp_path / "model/components/weights").write_bytes(bytes(size - 1) + b"x")
    with pytest.raises(CorruptModelException, match=r"weights.*has been changed"):
        open_model(tmp_path / "model", meanwhile=lambda manifest: 1 / 0)

    assert threading.active_count() == threads
