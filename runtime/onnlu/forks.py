"""What a fork does to a loaded model.

The child of `os.fork` has one thread. A session on the CPU, which has no threads of its own, works
there as before, and shares its memory with the parent. What CUDA keeps, threads among it, stays
behind. Such sessions are lost: they refuse to run, and never end.
"""

from __future__ import annotations

import ctypes
import os
from typing import Protocol
from weakref import WeakSet


class Losable(Protocol):
    """What a fork may leave behind.

    Attributes:
        lost: whether it did.
    """

    lost: bool


_left_behind: WeakSet[Losable] = WeakSet()


def lose_on_fork(session: Losable) -> None:
    """Mark a session as lost in every child that this process forks from now on."""
    _left_behind.add(session)


def _lose() -> None:
    for session in _left_behind:
        session.lost = True
        # One reference too many, so that it is never destroyed, not even with the interpreter.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session))


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(after_in_child=_lose)
