"""A component with the options that a config gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onnlu_engine import GraphComponent


@dataclass(frozen=True, slots=True)
class ConfiguredComponent:
    """A component as a config asks for it.

    What it does in training shows in its methods: one with `train` is trained, one with
    `process_training_data` hands training data on to the components after it.

    Attributes:
        component: its class.
        config: what the user set, without the name.
        name: of its node; in a pipeline what its nodes are called after, the class's registered
            name.
        line: where it stands in the config file; None in the default pipeline.
    """

    component: type[GraphComponent]
    config: dict[str, Any]
    name: str
    line: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is known what the component reads and gives: that of a user's class is not."""
        return self.component.__module__.partition(".")[0] in ("onnlu", "onnlu_train")

    @property
    def is_trainable(self) -> bool:
        """Whether the component learns."""
        return hasattr(self.component, "train")

    @property
    def processes_training_data(self) -> bool:
        """Whether components after it see its work in training, as of tokenizers, featurizers."""
        return hasattr(self.component, "process_training_data")
