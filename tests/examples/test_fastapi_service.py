"""The example service: a real server on a real port."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import onnlu

from .service import asked, free_port, serving

FOLDER = Path(__file__).parents[2] / "examples" / "fastapi_service"
COMMAND = [sys.executable, "-m", "uvicorn", "app:app"]


def environment(port: int, model: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "UVICORN_PORT": str(port), "ONNLU_MODEL": str(model), **more}


@pytest.fixture(scope="module")
def port(exported_model: Path) -> Iterator[int]:
    port = free_port()
    with serving(COMMAND, port, cwd=FOLDER, env=environment(port, exported_model)):
        yield port


def test_a_text_is_answered_as_the_library_does(port: int, exported_model: Path) -> None:
    status, document = asked(port, "/parse", {"text": "fly to Rome"})

    assert status == 200
    assert document == onnlu.load(exported_model).parse("fly to Rome").to_dict()


def test_a_message_id_comes_back(port: int) -> None:
    _, document = asked(port, "/parse", {"text": "hello", "message_id": "b2831e73"})

    assert document["message_id"] == "b2831e73"


def test_requests_side_by_side_get_each_its_own_answer(port: int) -> None:
    texts = [f"fly to Rome {number}" for number in range(60)]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda text: asked(port, "/parse", {"text": text}), texts))

    assert [document["text"] for _, document in answers] == texts


def test_health_names_the_model(port: int, exported_model: Path) -> None:
    status, document = asked(port, "/health")

    assert status == 200
    assert document["model_id"] == onnlu.load(exported_model).model.model_id


@pytest.mark.parametrize(
    ("body", "status", "code", "part"),
    [
        ({"text": "a" * 10_001}, 413, "TextTooLongException", "exceeds the limit of 10000"),
        ({"txt": "hello"}, 422, "InvalidRequest", "body.text: Field required"),
        ({"text": 7}, 422, "InvalidRequest", "body.text: "),
        (b"hello", 422, "InvalidRequest", "JSON"),
    ],
)
def test_what_cannot_be_parsed_is_a_typed_error(
    port: int, body: object, status: int, code: str, part: str
) -> None:
    found, document = asked(port, "/parse", body)

    assert (found, document["error"]["code"]) == (status, code)
    assert part in document["error"]["message"]


@pytest.mark.parametrize(
    ("model", "message"),
    [("none", "There is no model at none"), ("", "ONNLU_MODEL is not set. Set it to")],
)
def test_without_a_model_the_start_ends_with_its_message(model: str, message: str) -> None:
    done = subprocess.run(
        COMMAND,
        cwd=FOLDER,
        env={**environment(free_port(), Path()), "ONNLU_MODEL": model},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert message in done.stderr
