"""What stands for a value, so that a training knows whether the value has changed."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Fingerprintable(Protocol):
    """A value that can say what stands for its content."""

    def fingerprint(self) -> str:
        """Return a text that differs whenever the content does; the same in every process."""
