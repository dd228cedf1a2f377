"""Forged models: changed by one who makes all digests anew, so that only their sense is wrong."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from onnlu_engine import canonical_json

MANIFEST = "manifest.json"
# What JSON can hold in the place of something sensible.
SENSELESS: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2**70, 1e308, -0.5, 10**400, float("nan")),
    *("", "x", "../x", "\x00", "\ud800", "a" * 5_000, "os.system"),
    *([], {}, [None], [[]], [1] * 500, {"": None}, {"name": {}}),
)
SHOWN_ITEMS = 4  # of each list, the first


class Forgery(NamedTuple):
    """One change of one file of a model.

    Attributes:
        file: its path in the model.
        place: keys and indices that lead to what is replaced in a JSON document; of another
            file, how it is changed.
        value: what is put there.
    """

    file: str
    place: tuple[Any, ...]
    value: Any


def forgeries(model: Path, seed: int) -> Iterator[Forgery]:
    """Yield changes of a model for ever, each file as often as the others.

    Args:
        model: a sound model.
        seed: of the random choice.
    """
    rng = random.Random(seed)
    files = sorted(str(path.relative_to(model)) for path in model.rglob("*") if path.is_file())
    places = {
        name: list(_places(json.loads((model / name).read_bytes())))
        for name in files
        if name.endswith(".json")
    }
    while True:
        name = rng.choice(files)
        if name in places:
            yield Forgery(name, rng.choice(places[name]), rng.choice(SENSELESS))
        else:
            size = (model / name).stat().st_size
            yield Forgery(name, (rng.choice(("cut", "flip")),), rng.randrange(size))


@contextmanager
def forged(model: Path, forgery: Forgery) -> Iterator[Path]:
    """Yield a copy of a model with one change; the copy is mended afterwards, not made again.

    Args:
        model: a copy that may be changed.
        forgery: the change.
    """
    path, manifest = model / forgery.file, model / MANIFEST
    kept = path.read_bytes(), manifest.read_bytes()
    try:
        content = _changed(kept[0], forgery)
        if forgery.file == MANIFEST:
            _sign(manifest, json.loads(content))
        else:
            path.write_bytes(content)
            document = json.loads(kept[1])
            digest = hashlib.sha256(content).hexdigest()
            document["files"][forgery.file] = {"size": len(content), "sha256": digest}
            _sign(manifest, document)
        yield model
    finally:
        path.write_bytes(kept[0])
        manifest.write_bytes(kept[1])


def copied(model: Path, folder: Path) -> Path:
    """Return a copy of a model."""
    return Path(shutil.copytree(model, folder / "forged"))


def _places(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _places(value, (*place, key))
    elif isinstance(document, list):
        for index, value in enumerate(document[:SHOWN_ITEMS]):
            yield from _places(value, (*place, index))


def _changed(content: bytes, forgery: Forgery) -> bytes:
    match forgery.place:
        case ("cut",):
            return content[: forgery.value]
        case ("flip",):
            flipped = bytearray(content)
            flipped[forgery.value] ^= 1 << (forgery.value % 8)
            return bytes(flipped)
    document = copy.deepcopy(json.loads(content))
    if not forgery.place:
        return json.dumps(forgery.value).encode()
    inner = document
    for key in forgery.place[:-1]:
        inner = inner[key]
    inner[forgery.place[-1]] = forgery.value
    return json.dumps(document).encode()


def _sign(path: Path, manifest: Any) -> None:
    """Write a manifest with the id that belongs to it, as far as it can have one."""
    if isinstance(manifest, dict):
        kept = {key: value for key, value in manifest.items() if key not in ("created", "model_id")}
        with_id = {**manifest, "model_id": _digest(kept)}
        path.write_bytes((_canonical(with_id) + "\n").encode("utf-8", "surrogatepass"))
    else:
        path.write_text(json.dumps(manifest), encoding="utf-8")


def _digest(document: Any) -> str:
    return hashlib.sha256(_canonical(document).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(document: Any) -> str:
    try:
        return canonical_json(document)
    except ValueError:  # not a number, or one that is infinite
        return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
