"""The name under which a component persists itself."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


def _random_fingerprint() -> str:
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True)
class Resource:
    """Locates what a component persisted in a `ModelStorage`.

    Attributes:
        name: folder of the resource; two resources of one name are equal.
        output_fingerprint: changes with every training, so that whatever reads the resource
            runs again.
    """

    name: str
    output_fingerprint: str = field(default_factory=_random_fingerprint, compare=False)

    def fingerprint(self) -> str:
        """Return what stands for this resource's content in a fingerprint."""
        return self.output_fingerprint
