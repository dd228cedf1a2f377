"""What an interrupted fit can go on from: a directory beside its target, whole or not there.

```
checkpoint.json          what is being trained from what, how far it is, which components are done
arrays.safetensors       weights, optimizer and running metrics of the model being trained
components/<node>/...    what the finished components persisted
```
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from onnlu_engine.atomic import atomic_directory, remove_directory
from onnlu_engine.errors import (
    CorruptModelException,
    IncompatibleModelException,
    ModelWriteException,
)
from onnlu_train.training.arrays import Arrays

logger = logging.getLogger(__name__)

FORMAT: Final = "onnlu-checkpoint/1"
DOCUMENT: Final = "checkpoint.json"
ARRAYS: Final = "arrays.safetensors"
COMPONENTS: Final = "components"


@dataclass
class FitState:
    """How far a fit is.

    Attributes:
        facts: what it trains from what; a fit goes on only where they are the same.
        finished: nodes that are trained.
        seeds: the random seed of each node that was given none.
        metrics: last metrics of each trained model, by node.
        node: the one being trained.
        epochs: how many it is to be trained for.
        progress: how far its training loop is.
    """

    facts: dict[str, Any]
    finished: list[str] = field(default_factory=list)
    seeds: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    node: str | None = None
    epochs: int = 0
    progress: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.node}, epoch {self.progress.get('epoch', 0)} of {self.epochs}"


def checkpoint_folder(out: Path) -> Path:
    """Return where the checkpoint of a model stands: beside it, as `<model>.checkpoint`."""
    return out.parent / f"{out.name}.checkpoint"


def check_place(folder: Path) -> None:
    """Check that a checkpoint may be written.

    Raises:
        ModelWriteException: something else is there.
    """
    if folder.exists() and not (folder / DOCUMENT).is_file():
        raise ModelWriteException(
            f"{folder} is no checkpoint, and a fit keeps its own there. Move it away, or choose "
            "another --out."
        )


def read_state(folder: Path) -> FitState | None:
    """Read how far a fit was, or None where there is no checkpoint.

    Raises:
        CorruptModelException: it cannot be read.
        IncompatibleModelException: another version wrote it.
    """
    if not folder.exists():
        return None
    try:
        document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT:
            raise IncompatibleModelException(
                f"{folder} was written by another version of onnlu. Go on with that one, or remove "
                "the directory and train from the beginning."
            )
        return FitState(**document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(folder, error) from error


class Checkpoints:
    """Writes the checkpoint of one fit now and then, and reads it once.

    Args:
        folder: the checkpoint's directory.
        components: where the fit's components persist themselves.
        state: how far the fit is.
        minutes: shortest time between two checkpoints; None to write them at interruptions only.
        resumes: the checkpoint that is there belongs to this fit.
    """

    def __init__(
        self,
        folder: Path,
        components: Path,
        state: FitState,
        *,
        minutes: float | None,
        resumes: bool,
    ) -> None:
        self.folder = folder
        self.state = state
        self._components = components
        self._seconds = None if minutes is None else 60 * minutes
        self._written_at = time.monotonic()
        self._is_own = resumes or not folder.exists()

    @property
    def own(self) -> Path | None:
        """The checkpoint of this fit; None where it has none, though another fit may."""
        return self.folder if self._is_own and self.folder.exists() else None

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        if self._seconds is None:
            return False
        return time.monotonic() - self._written_at >= self._seconds

    def write(self, arrays: Arrays, *, interrupted: bool = False) -> Path | None:
        """Replace the checkpoint; where the disk is full or the like, warn and keep the old one.

        Args:
            arrays: of the model being trained.
            interrupted: the fit ends now. One that ends before its first regular checkpoint leaves
                that of an earlier fit alone.

        Returns:
            The directory, or None where nothing was written.
        """
        if interrupted and not self._is_own:
            return None
        try:
            with atomic_directory(self.folder, overwrite=True) as folder:
                document = {"format": FORMAT, **asdict(self.state)}
                text = json.dumps(document, ensure_ascii=False, sort_keys=True)
                (folder / DOCUMENT).write_text(text, encoding="utf-8")
                save_file(arrays, folder / ARRAYS)
                for node in self.state.finished:
                    self._keep(node, folder / COMPONENTS / node)
        except (OSError, SafetensorError) as error:
            logger.warning(
                "No checkpoint could be written to %s: %s. The training goes on.",
                self.folder,
                getattr(error, "strerror", None) or error,
            )
            return None
        finally:
            self._written_at = time.monotonic()
        self._is_own = True
        return self.folder

    def _keep(self, node: str, target: Path) -> None:
        """Keep what a finished component persisted; that never changes, and may be gigabytes."""
        kept = self.folder / COMPONENTS / node
        if self._is_own and kept.is_dir():
            shutil.copytree(kept, target, copy_function=_linked)
        elif (self._components / node).is_dir():
            shutil.copytree(self._components / node, target)

    def arrays(self) -> Arrays:
        """Return the arrays of the model that was being trained.

        Raises:
            CorruptModelException: they cannot be read.
        """
        try:
            return load_file(self.folder / ARRAYS)
        except (OSError, SafetensorError) as error:
            raise _unusable(self.folder, error) from error

    def restore_components(self) -> None:
        """Put back what the finished components persisted.

        Raises:
            CorruptModelException: it cannot be read.
        """
        try:
            if (self.folder / COMPONENTS).is_dir():
                shutil.copytree(self.folder / COMPONENTS, self._components, dirs_exist_ok=True)
        except OSError as error:
            raise _unusable(self.folder, error) from error

    def remove(self) -> None:
        """Remove this fit's checkpoint, as the model is there; that of another fit stays."""
        if self.own is None:
            return
        try:
            remove_directory(self.folder)
        except OSError as error:
            logger.warning("%s could not be removed: %s.", self.folder, error.strerror)


def _linked(source: str, target: str) -> None:
    """Make a hard link, or a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _unusable(folder: Path, error: Exception) -> CorruptModelException:
    return CorruptModelException(
        f"The checkpoint {folder} cannot be used: {error}. Remove the directory, or leave out "
        "--resume, to train from the beginning."
    )
