from __future__ import annotations

from pathlib import Path

from onnlu.components.message_converter import NLUMessageConverter
from onnlu.features import SEQUENCE, Features
from onnlu.message import Message, Token
from onnlu.sparse import SparseMatrix
from onnlu_engine import ExecutionContext, LocalModelStorage, Resource
from onnlu_engine.schema import GraphSchema


def test_fresh_messages_hold_text_and_metadata_only(tmp_path: Path) -> None:
    converter = NLUMessageConverter.load(
        {}, LocalModelStorage(tmp_path), Resource("none"), ExecutionContext(GraphSchema({}))
    )
    features = Features(SparseMatrix.from_row_columns([[0]], 1), SEQUENCE, "text", "x")
    given = [
        Message({"text": "hi", "intent": "greet"}, {"text": [Token("hi", 0, 2)]}, [features]),
        Message({"text": "you", "metadata": {"channel": "sms"}}),
    ]

    converted = converter.convert_user_message(given)

    assert [message.data for message in converted] == [
        {"text": "hi"},
        {"text": "you", "metadata": {"channel": "sms"}},
    ]
    assert converted[0].tokens == {}
    assert converted[0].features == []
    converted[0].set("intent", "bye")
    assert given[0].get("intent") == "greet"
