"""Sessions of ONNX Runtime, created while the components that will run them are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self

from onnlu.session import MODEL_FILE, OnnxSession, created_session
from onnlu_engine.ahead import Ahead
from onnlu_engine.model_directory import Model


class SessionsAhead:
    """Creates the sessions of a model, one ahead of the components, in a thread.

    One, and not all at once: a session takes twice its memory while it is created. Which graph is
    next is a guess, by the order of the files; another one that is asked for is created then.

    Args:
        model: an opened model.
        settings: what components are told.
    """

    def __init__(self, model: Model, settings: Mapping[str, Any]) -> None:
        self._create = partial(created_session, settings=settings)
        files = sorted(model.manifest["files"])
        # One on a GPU redirects stdout, of the whole process, while it is made: not beside others.
        is_ahead = settings.get("device", "cpu") == "cpu"
        graphs = [name for name in files if is_ahead and name.endswith(f"/{MODEL_FILE}")]
        self._paths = [model.path / name for name in graphs]
        self._ahead: Ahead[OnnxSession] | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *error: object) -> None:
        """Wait for the thread; a session that nobody asked for is let go."""
        if self._ahead is not None:
            self._ahead.wait()
        self._ahead = None
        self._paths = []

    def take(self, path: Path) -> OnnxSession:
        """Return the session of a graph, and begin with the next one.

        Args:
            path: the .onnx file.

        Raises:
            OnnluException: as `OnnxSession`.
        """
        if self._ahead is None:
            return self._create(path)
        if path != self._paths[0]:
            self._ahead.wait()
            return self._create(path)
        session = self._ahead.result()
        del self._paths[0]
        self._start()
        return session

    def _start(self) -> None:
        self._ahead = Ahead(partial(self._create, self._paths[0])) if self._paths else None
