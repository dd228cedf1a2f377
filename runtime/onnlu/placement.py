"""Which provider runs each node of a graph: a session's list of providers does not tell."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onnlu.devices.cuda import CPU
from onnlu.session import OnnxSession, Tensors
from onnlu_engine.errors import CorruptModelException

_KERNEL = "_kernel_time"
# They are told to run on the CPU, which drives their loops anyway (see `onnlu.devices.cuda`).
_DECODING = "decoding."


@dataclass(frozen=True)
class Placement:
    """Where the nodes of graphs ran.

    Attributes:
        nodes: number of nodes by provider; a node of a loop counts once.
        fell_back: names of nodes that ran on the CPU though the session is on a GPU, but for those
            that decode tags: they are meant to.
    """

    nodes: dict[str, int] = field(default_factory=dict)
    fell_back: list[str] = field(default_factory=list)

    def __add__(self, other: Placement) -> Placement:
        """Return the placement of the graphs of both."""
        nodes = Counter(self.nodes) + Counter(other.nodes)
        return Placement(dict(sorted(nodes.items())), [*self.fell_back, *other.fell_back])


def placement(path: Path, inputs: Tensors, device: str) -> Placement:
    """Run a graph once in a session of its own, profiled, and return where its nodes ran.

    Args:
        path: the .onnx file.
        inputs: of the graph.
        device: "cpu", "cuda" or "cuda:<number>".

    Raises:
        DeviceUnavailableException: the device cannot be had.
        CorruptModelException: the file is no model that ONNX Runtime can run.
    """
    with tempfile.TemporaryDirectory(prefix="onnlu-profile-") as folder:
        session = OnnxSession(path, device=device, exact=True, profile=Path(folder) / "run")
        session.run(inputs)
        profile = session.end_profiling().read_bytes()
    try:
        events = json.loads(profile)
    except ValueError as error:
        raise CorruptModelException(
            f"{path.name}: its nodes have names that ONNX Runtime cannot write down: {error}. "
            "Export the model again."
        ) from error
    return placed(events, session.device)


def placed(events: Sequence[Mapping[str, Any]], device: str) -> Placement:
    """Return where nodes ran.

    Args:
        events: of a profile, as ONNX Runtime writes them.
        device: where the session was to run.
    """
    providers = {
        event["name"].removesuffix(_KERNEL): event["args"]["provider"]
        for event in events
        if event["cat"] == "Node" and event["name"].endswith(_KERNEL)
    }
    fell_back = [
        name
        for name, provider in sorted(providers.items())
        if device != "cpu" and provider == CPU and not name.startswith(_DECODING)
    ]
    return Placement(dict(sorted(Counter(providers.values()).items())), fell_back)
