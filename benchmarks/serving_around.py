"""Where the time around the graph goes, for texts of ten tokens."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from figures import spread_us
from serving_clock import GraphClock, timed_parse
from serving_texts import texts_of
from systems import say

from onnlu.message import TEXT, Message
from onnlu.nlu import NLU
from onnlu_engine import ExecutionContext, LocalModelStorage, SequentialGraphRunner
from onnlu_engine.node_times import TimingHook

TOKENS = 10
TEXTS = 50


class NodeTimesAround(TimingHook):
    """Keeps what nodes take, less what ONNX Runtime takes of it.

    Attributes:
        seconds: by node, of each run.

    Args:
        clock: of ONNX Runtime; it has to be running.
    """

    def __init__(self, clock: GraphClock) -> None:
        # Time stands still for the hook while ONNX Runtime runs.
        super().__init__(lambda: time.perf_counter() - clock.seconds)
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)

    def node_ended(self, node_name: str, seconds: float) -> None:
        """Note a node."""
        self.seconds[node_name].append(seconds)


def measure(nlu: NLU, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """Return what `parse` takes, in the graph and around it, and what each node takes around it.

    Args:
        nlu: the model.
        texts: to parse those of ten tokens of.
        rounds: times that each of `TEXTS` texts is parsed, as a whole and node by node.
    """
    chosen, clock = texts_of(texts, TOKENS, TEXTS), GraphClock()
    nodes = NodeTimesAround(clock)
    runner, target = _runner(nlu, nodes)
    times = []
    with clock.running():
        for text in chosen:
            nlu.parse(text)
        # One after the other: in turns each would find the caches full of the other's weights.
        say("the whole")
        for _ in range(rounds):
            times += [timed_parse(nlu, text, clock) for text in chosen]
        say("node by node")
        for _ in range(rounds):
            for text in chosen:
                runner.run({"__message__": [Message({TEXT: text})]}, [target])
    return {
        "parse": spread_us([found.whole for found in times]),
        "graph": spread_us([found.graph for found in times]),
        "around": spread_us([found.around for found in times]),
        "nodes": {name: spread_us(seconds) for name, seconds in nodes.seconds.items()},
    }


def _runner(nlu: NLU, hook: TimingHook) -> tuple[SequentialGraphRunner, str]:
    """Return a runner as the model's own, with a hook around each node, and its target."""
    target = nlu.model.manifest["nlu_target"]
    schema = nlu.schema.minimal_graph_schema([target])
    settings = nlu.info()["settings"]
    context = ExecutionContext(schema, nlu.model.model_id, settings=settings)
    storage = LocalModelStorage(nlu.model.components, read_only=True)
    return SequentialGraphRunner.create(schema, storage, context, [hook]), target
