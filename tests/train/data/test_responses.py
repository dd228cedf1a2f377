"""Responses of retrieval intents."""

from __future__ import annotations

from pathlib import Path

import pytest

from .yaml_files import HEAD, data, problems, read


def test_the_responses_of_retrieval_intents_are_read_from_domain_and_data(tmp_path: Path) -> None:
    domain = """
version: "3.1"
intents: [faq]
responses:
  utter_greet:
  - text: Hello
  utter_faq/ask_name:
  - text: I am a bot.
    buttons: [{title: Oh, payload: /oh}]
  - custom: {any: [1, true]}
"""
    more = "responses:\n  utter_faq/ask_age:\n  - text: |\n      Old.\n"
    result = read(
        tmp_path,
        domain=domain,
        nlu=HEAD + "- intent: faq / ask_name\n  examples: |\n    - who?\n" + more,
        empty="responses:\n",
    )
    assert result.training_data.responses == {
        "faq/ask_name": [
            {"text": "I am a bot.", "buttons": [{"title": "Oh", "payload": "/oh"}]},
            {"custom": {"any": [1, True]}},
        ],
        "faq/ask_age": [{"text": "Old.\n"}],
    }
    assert data(result)[0]["intent_response_key"] == "faq/ask_name"
    assert data(result)[0]["response"] == "I am a bot."
    assert result.skipped == {"intents": 1, "responses": 1}
    assert result.notices[-1].startswith("skipped (number of files): responses (1); only those of")


def test_a_response_given_twice_takes_the_last_with_a_notice(tmp_path: Path) -> None:
    response = "responses:\n  utter_faq/a:\n  - text: {}\n"
    nlu = HEAD + "- intent: faq/a\n  examples: |\n    - who?\n"
    result = read(tmp_path, a=response.format("x"), b=response.format("y"), c=nlu)
    assert result.training_data.responses == {"faq/a": [{"text": "y"}]}
    assert result.notices == ("the response of 'faq/a' is given twice; the last one is used",)
    assert read(tmp_path, b=response.format("x")).notices == ()


@pytest.mark.parametrize(
    ("responses", "line", "problem"),
    [
        ("- text: x", 2, "'responses' is no mapping; write"),
        ("  faq/a:\n  - text: x", 2, "the response 'faq/a' of a retrieval intent does not begin"),
        ("  utter_faq/a: x", 2, "the response 'utter_faq/a' is no list of variants"),
        ("  utter_faq/a: []", 2, "the response 'utter_faq/a' is no list of variants"),
        ("  utter_faq/a:\n  - x", 2, "the response 'utter_faq/a' is no list of variants"),
        ("  utter_faq/a:\n  - {}", 2, "the response 'utter_faq/a' is no list of variants"),
    ],
)
def test_a_response_that_is_none_is_a_problem(
    tmp_path: Path, responses: str, line: int, problem: str
) -> None:
    (told,) = problems(tmp_path, f"responses:\n{responses}\n")
    assert told.startswith(f"{line}: {problem}")
