from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.training_data import LookupTable, Regex
from onnlu_engine import ExecutionContext, LocalModelStorage, Resource
from onnlu_engine.errors import InvalidDataException
from onnlu_engine.schema import GraphSchema
from onnlu_train.components.training_data_provider import NLUTrainingDataProvider
from onnlu_train.data import (
    ReadResult,
    TrainingDataImporter,
    gather_training_data,
    read_training_data,
)
from onnlu_train.data.problems import Problems

HEAD = 'version: "3.1"\nnlu:\n'


def read(folder: Path, **files: str) -> ReadResult:
    """Read YAML texts, each from a file of its own; `__` in a name is a folder."""
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return read_training_data([folder])


def problems(folder: Path, text: str) -> list[str]:
    """Return the problems of one file, without the path."""
    with pytest.raises(InvalidDataException) as error:
        read(folder, nlu=text)
    return str(error.value).replace(f"{folder / 'nlu.yml'}:", "").split("\n")


def data(result: ReadResult) -> list[dict[str, Any]]:
    return [message.data for message in result.training_data.examples]


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["snips/test", "snips/valid", "hwu64/fold_1/test", "banking77/test"]
)
def test_a_data_set_is_read_as_rasa_3_6_reads_it(shared: Path, name: str) -> None:
    result = read_training_data([shared / "data" / f"{name}.yml"])
    gold = (shared / "data" / f"{name}.gold.jsonl").read_text(encoding="utf-8").splitlines()

    ours = [
        {
            "text": message["text"],
            "intent": message["intent"],
            "entities": [
                {k: e[k] for k in ("start", "end", "entity")} for e in message["entities"]
            ],
        }
        for message in data(result)
    ]
    assert ours == [json.loads(line) for line in gold]


@pytest.mark.shared
def test_exact_duplicates_of_snips_are_dropped_and_counted(shared: Path) -> None:
    result = read_training_data([shared / "data/snips/train.yml"])
    assert len(result.training_data.examples) == 12_860
    assert result.duplicates == 224
    assert len(result.training_data.intents) == 7
    assert len(result.training_data.entity_types) == 39


@pytest.mark.shared
def test_the_folder_of_a_whole_bot_is_read_and_its_dialogue_skipped(shared: Path) -> None:
    result = read_training_data([shared / "data/bots/f1-stats-chatbot"])
    assert {"stories", "rules", "intents", "pipeline"} <= result.skipped.keys()
    assert result.skipped["stories"] == 7
    assert any("stories (7), rules (1)" in notice for notice in result.notices)
    assert result.training_data.examples
    assert [table.name for table in result.training_data.lookup_tables] == [
        "constructor_name", "session_type", "race_name", "driver",
    ]  # fmt: skip


@pytest.mark.shared
def test_a_bot_of_version_2_is_read_with_a_notice(shared: Path) -> None:
    folder = shared / "data/bots/carbon-bot"
    result = read_training_data([folder / "data"])
    assert len(result.training_data.examples) == 2_517
    assert result.training_data.entity_roles == ["from", "to"]
    assert f"{folder}/data/nlu.yml: has version 2.0; read as 3.1" in result.notices


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


def test_settings_of_serving_are_passed_over_in_a_folder(tmp_path: Path) -> None:
    settings = "rest:\nslack:\n  slack_token: secret\n"
    item = HEAD + "- intent: a\n  examples: |\n    - x\n"
    result = read(tmp_path, endpoints=settings, project__credentials=settings, nlu=item)
    assert result.files == (tmp_path / "nlu.yml",)


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


def test_folders_are_read_in_sorted_order_each_file_once(tmp_path: Path) -> None:
    item = HEAD + "- intent: a\n  examples: |\n    - {}\n"
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden/x.yml").write_text("broken: [", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not YAML: [", encoding="utf-8")
    read(tmp_path, b__z=item.format("3"), a=item.format("1"), b__a=item.format("2"))
    result = read_training_data([tmp_path / "b/z.yml", tmp_path, tmp_path / "a.yml"])
    assert [message["text"] for message in data(result)] == ["3", "1", "2"]
    assert result.files == (tmp_path / "b/z.yml", tmp_path / "a.yml", tmp_path / "b/a.yml")


def test_a_synonym_with_two_values_takes_the_last_with_a_notice(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        nlu=HEAD + "- intent: a\n  examples: |\n    - [la](city:Los Angeles) [la](note:sixth)\n",
    )
    assert result.training_data.synonyms == {"la": "sixth"}
    assert result.notices == (
        "the synonym 'la' stands for 'Los Angeles' and for 'sixth'; 'sixth' is used",
    )


def test_a_file_without_version_is_read_with_a_notice(tmp_path: Path) -> None:
    result = read(tmp_path, nlu="nlu:\n- intent: a\n  examples: |\n    - x\n")
    assert result.notices == (f"{tmp_path}/nlu.yml: names no version; read as 3.1",)


def test_all_problems_of_a_file_are_told_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """version: "3.1"
nlu2: 1
nlu:
- intent: greet
  examples: |

    - hi [there](who
    hello
    -
    - [you]{"entity": "who", "rol": "x"}
- intent:
  examples: |
    - x
- intent: a/b/c
  examples: |
    - x
- intent: folded
  examples: >
    - x
    - y
- intent: listed
  examples:
  - foo
  - text: bar
    metdata: 3
  - metadata: 4
- regex: bad
  examples: |
    - (a
- lookup: empty
- intent: twice
  intent: again
  example: |
    - x
- word
- synonym: s
  regex: r
- intent: anchored
  metadata: &a {x: 3}
  examples: '- x'
- intent: tagged
  metadata: !!binary aaaa
  examples: x
- intent: {a: b}
  examples: {c: d}
- synonym: s
  examples:
  - text: x
""",
    )
    assert [int(problem.split(":")[0]) for problem in found] == [
        2, 7, 8, 9, 10, 11, 14, 18, 23, 25, 26, 29, 30, 31, 32, 33, 35, 36, 39, 42, 43, 44, 45, 48,
    ]  # fmt: skip
    assert all(
        ";" in problem or "Did you mean" in problem or "needs" in problem for problem in found
    )
    assert found[0] == "2: unknown section 'nlu2'. Did you mean 'nlu'?"
    assert found[2] == "8: 'hello' is no example; start the line with `- `"


@given(before=st.lists(st.sampled_from(["    - fine", "", "      "])), comment=st.booleans())
def test_a_line_number_inside_a_block_is_exact(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], comment: bool
) -> None:
    lines = [
        'version: "3.1"',
        "nlu:",
        "- intent: a",
        f"  examples: |{' # note' if comment else ''}",
        "    - first",
        *before,
        "    - [x](",
    ]
    found = problems(tmp_path_factory.mktemp("data"), "\n".join(lines))
    assert [int(problem.split(":")[0]) for problem in found] == [len(lines)]


def test_problems_of_all_files_and_paths_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes('version: "3.1"\nnlu:\n- intent: café\n'.encode("latin-1"))
    (tmp_path / "b.yml").write_text(HEAD + "- intent: [a\n", encoding="utf-8")
    (tmp_path / "c.yml").write_text(HEAD + "- intent: a\n  examples: |\n    - x\u2028y\n", "utf-8")
    (tmp_path / "d.yml").write_text("- a", encoding="utf-8")
    (tmp_path / "e.yml").write_text('version: "1.0"\nnlu: {a: b}\n', encoding="utf-8")
    (tmp_path / "f.yml").write_text("a: " + "[" * 9_999, encoding="utf-8")
    (tmp_path / "g.yml").write_text("nlu:\n- intent: a\n  metadata: " + "1" * 9_999, "utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "nlu.md").write_text("## intent:a\n- b\n", encoding="utf-8")
    with pytest.raises(InvalidDataException) as error:
        read_training_data([tmp_path, tmp_path / "none", tmp_path / "empty", tmp_path / "nlu.md"])
    told = [line.removeprefix(f"{tmp_path}/") for line in str(error.value).split("\n")]
    expected = [
        "none: cannot be read: No such file or directory",
        "empty: holds no .yml or .yaml file",
        "nlu.md: is not a .yml or .yaml file",
        "a.yml:3: byte 0xe9 is not UTF-8",
        "b.yml:4: is not valid YAML",
        "c.yml:5: holds the control character U+2028",
        "d.yml:1: is not a mapping",
        "e.yml:1: version '1.0' cannot be read",
        "e.yml:2: 'nlu' is not a list",
        "f.yml: is nested too deeply",
        "g.yml:2: this intent has no examples",
        "g.yml:3: '1111",
    ]
    assert len(told) == len(expected)
    for line, start in zip(told, expected, strict=True):
        assert line.startswith(start)


def test_data_without_any_example_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataException, match="no NLU examples found; add a section 'nlu:'"):
        read(tmp_path, domain="intents:\n- a\n", empty="# nothing\n", nlu="nlu:\n")


def test_a_path_that_cannot_be_followed_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").symlink_to(tmp_path / "nlu.yml")
    with pytest.raises(InvalidDataException, match="cannot be read: Too many levels of symbolic"):
        read_training_data([tmp_path / "nlu.yml"])


def test_a_byte_order_mark_and_windows_line_ends_are_no_text(tmp_path: Path) -> None:
    text = HEAD + "- intent: a\n  examples: |\n    - x\n    - y\n"
    (tmp_path / "nlu.yml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert [message["text"] for message in data(read_training_data([tmp_path]))] == ["x", "y"]


def test_an_importer_reads_its_files_once(tmp_path: Path) -> None:
    read(tmp_path, nlu=HEAD + "- intent: a\n  examples: |\n    - x\n")
    importer = TrainingDataImporter([tmp_path])
    first = importer.nlu_data()
    (tmp_path / "nlu.yml").unlink()
    assert importer.nlu_data() is first
    assert importer.result.training_data is first


def test_the_provider_hands_the_graph_the_importers_data_in_messages_of_its_own(
    tmp_path: Path,
) -> None:
    read(tmp_path, nlu=HEAD + "- intent: a\n  examples: |\n    - x\n")
    importer = TrainingDataImporter([tmp_path])
    provider = NLUTrainingDataProvider.create(
        {}, LocalModelStorage(tmp_path), Resource("none"), ExecutionContext(GraphSchema({}))
    )
    first = provider.provide(importer)
    assert [m.data for m in first.examples] == [m.data for m in importer.nlu_data().examples]
    first.examples[0].set("intent", "b")
    assert provider.provide(importer).examples[0].get("intent") == "a"


def test_each_part_knows_its_file_and_line(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        a=HEAD
        + "- intent: fly\n  examples: |\n    - to [NYC](city:new york)\n    - to [NYC](city:york)\n"
        + "- regex: zip\n  examples: |\n    - '[0-9]{5}'\n",
        b=HEAD + "- lookup: city\n  examples: |\n    - Rome\n- regex: age\n  examples: |\n    - x\n"
        "- intent: fly\n  examples:\n  - text: |\n      home\n",
    )

    a, b = tmp_path / "a.yml", tmp_path / "b.yml"
    assert result.places.examples == [(a, 5), (a, 6), (b, 11)]
    assert [regex.name for regex in result.training_data.regexes] == ["age", "zip"]
    assert result.places.regexes == [(b, 8), (a, 9)]
    assert result.places.lookup_tables == {"city": (b, 5)}
    assert result.places.conflicts == [("NYC", "new york", "york", (a, 6))]


def test_what_could_be_read_is_gathered_in_spite_of_problems(tmp_path: Path) -> None:
    problems = Problems()
    (tmp_path / "nlu.yml").write_text(
        f"{HEAD}- intent: fly\n  examples: |\n    - go\n    - [x](\n    - home\n", encoding="utf-8"
    )

    result = gather_training_data([tmp_path], problems)

    assert [message["text"] for message in data(result)] == ["go", "home"]
    assert [(problem.path, problem.line) for problem in problems.found()] == [
        (tmp_path / "nlu.yml", 6)
    ]
