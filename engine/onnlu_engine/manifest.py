"""`manifest.json`: what a model holds, and the digest that names the model."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnlu_engine.errors import CorruptModelException, IncompatibleModelException
from onnlu_engine.names import name_problem

FORMAT = "onnlu/1.0"
MANIFEST = "manifest.json"
MANIFEST_LIMIT = 16 * 1024 * 1024  # bytes; what is read before anything of a model is trusted

_NOT_PART_OF_ID = {"model_id", "created"}
_REQUIRED: dict[str, type] = {"created": str, "files": dict, "format": str, "model_id": str}
_FORMAT = re.compile(r"onnlu/([0-9]+)\.([0-9]+)")
_CREATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def canonical_json(obj: Any) -> str:
    """Return the one text that stands for `obj`: keys sorted, no blanks, all of Unicode as it is.

    Raises:
        ValueError: a number is NaN or infinite.
        TypeError: a value is none that JSON has.

    >>> canonical_json({"b": [1, 2.5], "a": "é"})
    '{"a":"é","b":[1,2.5]}'
    """
    return json.dumps(
        obj, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def model_id(manifest: Mapping[str, Any]) -> str:
    """Return the sha256, in hex, of the canonical manifest without its id and its date."""
    kept = {key: value for key, value in manifest.items() if key not in _NOT_PART_OF_ID}
    return hashlib.sha256(canonical_json(kept).encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check the manifest of a model, but none of the files it names.

    Raises:
        IncompatibleModelException: it is that of another program or another format major.
        CorruptModelException: it is missing, no regular file, too large, not canonical JSON, lacks
            a key, holds a value of the wrong type or a path that leads astray, or its `model_id`
            is not that of its content.
    """
    path = folder / MANIFEST
    if path.is_symlink():
        raise _corrupt(folder, "is a symbolic link")
    if not path.exists():
        raise _corrupt(folder, "is missing, so this is no complete onnlu model")
    if not path.is_file():
        raise _corrupt(folder, "is not a regular file")
    if path.stat().st_size > MANIFEST_LIMIT:
        raise _corrupt(folder, f"is larger than {MANIFEST_LIMIT} bytes")
    content = path.read_bytes()
    try:
        manifest = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _corrupt(folder, f"is not JSON ({error})") from error
    if not isinstance(manifest, dict):
        raise _corrupt(folder, "is not a JSON object")
    _check_format(folder, manifest.get("format"))
    _check_keys(folder, manifest)
    _check_content(folder, manifest, content)
    for name, facts in manifest["files"].items():
        problem = path_problem(name) or _facts_problem(facts)
        if problem:
            raise _corrupt(folder, f"lists the file {name!r}, but {problem}")
    _check_case(folder, manifest["files"])
    return manifest


def is_newer_minor(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest of our format major was written by a later version of it."""
    return _version(manifest["format"])[1] > _version(FORMAT)[1]


def path_problem(path: str) -> str | None:
    """Say why a manifest may not list `path`; None if it may.

    >>> path_problem("components/train_DIETClassifier5/weights.safetensors") is None
    True
    >>> path_problem("components/../../weights.safetensors")
    "one of its parts is no plain name: it is '.', '..' or empty"
    """
    for part in path.split("/"):
        problem = name_problem(part)
        if problem:
            return f"one of its parts is no plain name: {problem}"
    if path.casefold() == MANIFEST:
        return "the manifest cannot list itself"
    return None


def same_but_for_case(paths: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return two paths that are one file where case does not count; None if there are none."""
    seen: dict[str, str] = {}
    for path in paths:
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            return other, path
    return None


def _version(format_: str) -> tuple[int, int]:
    match = _FORMAT.fullmatch(format_)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _check_format(folder: Path, format_: Any) -> None:
    if not (isinstance(format_, str) and _FORMAT.fullmatch(format_)):
        raise IncompatibleModelException(
            f"{folder} is no onnlu model: the format in its {MANIFEST} is {format_!r}, "
            f"not '{FORMAT}'. Give the directory that `trainer` or `exporter` wrote."
        )
    if _version(format_)[0] != _version(FORMAT)[0]:
        raise IncompatibleModelException(
            f"{folder} has the format '{format_}', and this version reads '{FORMAT}'. Train or "
            "export the model with this version, or install the version of onnlu that wrote it."
        )


def _check_keys(folder: Path, manifest: Mapping[str, Any]) -> None:
    for key, kind in _REQUIRED.items():
        if key not in manifest:
            raise _corrupt(folder, f"lacks the key '{key}'")
        if not isinstance(manifest[key], kind):
            raise _corrupt(folder, f"holds a '{key}' of the wrong type")


def _check_content(folder: Path, manifest: Mapping[str, Any], content: bytes) -> None:
    """Only the canonical text is accepted: no byte may change without changing the content."""
    try:
        canonical = (canonical_json(manifest) + "\n").encode()
        id_ = model_id(manifest)
    except (ValueError, RecursionError) as error:
        raise _corrupt(folder, f"is not canonical JSON ({error})") from error
    if id_ != manifest["model_id"]:
        raise _corrupt(folder, f"has been changed: its model_id should be {id_}")
    if canonical != content or not _CREATED.fullmatch(manifest["created"]):
        raise _corrupt(folder, "has been changed: it is not written in the canonical way")


def _facts_problem(facts: Any) -> str | None:
    if not isinstance(facts, dict):
        return "not with a mapping of size and sha256"
    size, digest = facts.get("size"), facts.get("sha256")
    if type(size) is not int or size < 0:
        return f"its size is {size!r}"
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        return f"its sha256 is {digest!r}"
    return None


def _check_case(folder: Path, files: Mapping[str, Any]) -> None:
    pair = same_but_for_case(files)
    if pair:
        raise _corrupt(folder, f"lists {pair[0]!r} and {pair[1]!r}, which differ in case only")


def _corrupt(folder: Path, reason: str) -> CorruptModelException:
    return CorruptModelException(
        f"{folder}: {MANIFEST} {reason}. Copy the model again, or train or export it anew."
    )
