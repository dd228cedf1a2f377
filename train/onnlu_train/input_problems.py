"""Problems of several inputs, to be reported together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from onnlu_engine.errors import (
    GraphSchemaException,
    InvalidConfigException,
    InvalidDataException,
    OnnluException,
)


class InputProblems:
    """Keeps the problems of config and data, to report those of both."""

    def __init__(self) -> None:
        self._found: list[OnnluException] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep a problem that is raised inside."""
        try:
            yield
        except (InvalidConfigException, InvalidDataException, GraphSchemaException) as error:
            self.add(error)

    def add(self, problem: OnnluException) -> None:
        """Keep a problem."""
        self._found.append(problem)

    def raise_any(self) -> None:
        """Raise what was found, if anything."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise InvalidConfigException("\n".join(str(problem) for problem in self._found))
