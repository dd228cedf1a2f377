"""Items under `nlu:`, and what they become."""

from __future__ import annotations

from pathlib import Path

from onnlu.training_data import LookupTable, Regex

from .yaml_files import HEAD, data, read


def test_every_kind_of_item_is_read(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        nlu=HEAD
        + r"""
- intent: yes
  examples: |
    - sure

    - fly to [nyc](city:new york)
    -oh yes
- synonym: new york
  examples: |
    - big apple
- regex: zip
  examples: |
    - \d{5}
- regex: area
  examples: |
    - \d{3}
- lookup: city
  examples: |
    - paris
    - oslo
    - paris
""",
    )
    training_data = result.training_data
    assert data(result) == [
        {"text": "sure", "intent": "yes", "entities": []},
        {
            "text": "fly to nyc",
            "intent": "yes",
            "entities": [{"start": 7, "end": 10, "entity": "city", "value": "new york"}],
        },
        {"text": "oh yes", "intent": "yes", "entities": []},
    ]
    assert training_data.synonyms == {"nyc": "new york", "big apple": "new york"}
    assert training_data.regexes == [Regex("area", r"\d{3}"), Regex("zip", r"\d{5}")]
    assert training_data.lookup_tables == [LookupTable("city", ("paris", "oslo"))]
    assert result.notices == ()


def test_metadata_of_intent_and_example_are_kept_apart(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        nlu=HEAD
        + """
- intent: greet
  metadata: {team: [a, 1, true, null]}
  examples:
  - text: |
      hi [you](who)
    metadata: loud
  - text: hello
""",
    )
    assert [message["metadata"] for message in data(result)] == [
        {"intent": {"team": ["a", 1, True, None]}, "example": "loud"},
        {"intent": {"team": ["a", 1, True, None]}},
    ]
    assert data(result)[0]["text"] == "hi you"


def test_a_retrieval_intent_is_split_and_its_full_name_kept(tmp_path: Path) -> None:
    result = read(tmp_path, nlu=HEAD + "- intent: faq/ask_name\n  examples: |\n    - who?\n")
    assert data(result) == [
        {
            "text": "who?",
            "intent": "faq",
            "intent_response_key": "faq/ask_name",
            "response": "faq/ask_name",
            "entities": [],
        }
    ]


def test_only_examples_equal_in_everything_are_duplicates(tmp_path: Path) -> None:
    item = "- intent: {}\n  examples: |\n    - {}\n"
    result = read(
        tmp_path,
        nlu=HEAD
        + item.format("a", "x")
        + item.format("b", "x")
        + item.format("a", "[x](e)")
        + item.format("a", "y")
        + item.format("a", "  x ")
        + item.format("faq/a", "x")
        + item.format("faq/b", "x"),
    )
    assert [(m["intent"], m["text"], len(m["entities"])) for m in data(result)] == [
        ("a", "x", 0),
        ("b", "x", 0),
        ("a", "x", 1),
        ("a", "y", 0),
        ("faq", "x", 0),
        ("faq", "x", 0),
    ]
    assert result.duplicates == 1


def test_a_synonym_with_two_values_takes_the_last_with_a_notice(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        nlu=HEAD + "- intent: a\n  examples: |\n    - [la](city:Los Angeles) [la](note:sixth)\n",
    )
    assert result.training_data.synonyms == {"la": "sixth"}
    assert result.notices == (
        "the synonym 'la' stands for 'Los Angeles' and for 'sixth'; 'sixth' is used",
    )
