"""What a thread works out while its caller goes on."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Ahead(Generic[Result]):
    """A result that a thread works out ahead of its use; it begins at once.

    That pays where the work lets go of Python's lock for long, as digests and ONNX Runtime do.

    Args:
        work: called once.
    """

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="onnlu-ahead")
        try:
            self._thread.start()
        except RuntimeError:  # the system lets this process have no more threads
            self._run()

    def wait(self) -> None:
        """Return when the work has ended, whether it failed or not."""
        if self._thread.ident is not None:
            self._thread.join()

    def result(self) -> Result:
        """Return what the work returned, when it has.

        Raises:
            BaseException: what the work raised.
        """
        self.wait()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # is raised where the result is wanted
            self._error = error
