"""From `predict_step` of any RasaModel to an ONNX graph."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import onnx
import tf2onnx

from onnlu_export.errors import ConversionException
from onnlu_export.exported_inputs import exported_inputs
from onnlu_export.graph import Tensor
from onnlu_export.trace import Decoding, trace
from onnlu_train.models.rasa_model import RasaModel

TF2ONNX_OPSET = 18


@dataclass(frozen=True)
class Conversion:
    """A converted graph and what it has to look like in the end.

    Attributes:
        graph: the ONNX model; passes change it in place.
        inputs: contracted inputs, in order.
        outputs: contracted outputs.
        decodings: CRFs that a pass has to append, parents first.
    """

    graph: onnx.ModelProto
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    decodings: tuple[Decoding, ...]


def convert(model: RasaModel, *, diagnostics: bool = False) -> Conversion:
    """Trace `predict_step` on padded bags and convert the trace.

    Args:
        model: a trained model.
        diagnostics: return what is there for diagnosis as well, under `diagnostic_data.<name>`.

    Raises:
        ConversionException: tf2onnx reported an error, whatever it returned.
    """
    inputs = exported_inputs(model)
    traced = trace(model, diagnostics=diagnostics)
    with _errors_raised():
        graph, _ = tf2onnx.convert.from_function(
            traced.function, input_signature=traced.specs, opset=TF2ONNX_OPSET
        )
    _name_tensors(graph, inputs, traced.names)
    return Conversion(graph, inputs, traced.outputs, traced.decodings)


def _name_tensors(model: onnx.ModelProto, inputs: Sequence[Tensor], outputs: Sequence[str]) -> None:
    """Give inputs and outputs their names; tf2onnx lower-cases them and makes its own."""
    names = {f"input_{number}": tensor.name for number, tensor in enumerate(inputs)}
    names |= {o.name: name for o, name in zip(model.graph.output, outputs, strict=True)}
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in [*model.graph.input, *model.graph.output]:
        value.name = names[value.name]
    del model.graph.value_info[:]


class _ErrorCollector(logging.Handler):
    """Keeps what tf2onnx logs as an error: it goes on and reports success."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _errors_raised() -> Iterator[None]:
    collector = _ErrorCollector()
    logger = logging.getLogger("tf2onnx")
    logger.addHandler(collector)
    try:
        yield
    except Exception as error:
        raise ConversionException(f"tf2onnx could not convert the model: {error}") from error
    finally:
        logger.removeHandler(collector)
    if collector.messages:
        raise ConversionException(
            f"tf2onnx could not convert the model: {'; '.join(collector.messages)}"
        )
