from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.message import Message
from onnlu_engine.errors import InvalidDataException
from onnlu_train.data import read_training_data
from onnlu_train.evaluation.confidence import Thresholds
from onnlu_train.evaluation.cross_validation import (
    CrossValidation,
    evaluation_of,
    fold_notices,
    stratified_folds,
)
from onnlu_train.evaluation.fold import FoldJob, FoldResult, PartImporter
from onnlu_train.evaluation.predictions import Guess, Prediction


def messages(*intents: str) -> list[Message]:
    return [Message({"text": f"text {n}", "intent": intent}) for n, intent in enumerate(intents)]


@given(st.lists(st.integers(4, 12), min_size=1, max_size=5), st.integers(2, 4), st.integers(0, 99))
def test_each_message_is_in_one_fold_and_each_intent_evenly_in_all(
    sizes: list[int], folds: int, seed: int
) -> None:
    data = messages(*(f"i{n}" for n, size in enumerate(sizes) for _ in range(size)))
    parts = stratified_folds(data, folds, seed)

    assert len(parts) == folds
    assert sorted(index for part in parts for index in part) == list(range(len(data)))
    for intent, size in ((f"i{n}", size) for n, size in enumerate(sizes)):
        counts = [Counter(data[index].data["intent"] for index in part)[intent] for part in parts]
        assert max(counts) - min(counts) <= 1
        assert sum(counts) == size


def test_a_seed_chooses_the_folds() -> None:
    data = messages(*["a"] * 20, *["b"] * 20)
    assert stratified_folds(data, 4, 1) == stratified_folds(data, 4, 1)
    assert stratified_folds(data, 4, 1) != stratified_folds(data, 4, 2)


def test_an_intent_with_fewer_examples_than_folds_is_told() -> None:
    data = messages("a", "a", "a", "b")
    assert len(stratified_folds(data, 3, 0)) == 3
    assert fold_notices(data, 3) == [
        "fewer examples than folds, so that some folds lack the intent: b; its figures say little"
    ]
    assert fold_notices(data[:3], 3) == []


def test_more_folds_than_examples_of_any_intent_are_refused() -> None:
    with pytest.raises(InvalidDataException, match="the largest has 2; add examples, or take"):
        stratified_folds(messages("a", "a", "b"), 3, 0)


def test_the_importer_leaves_the_test_part_out(tiny_project: Path) -> None:
    paths = [tiny_project / "nlu.yml"]
    every = read_training_data(paths)

    part = PartImporter(paths, [0, 7]).result

    kept = [n for n in range(12) if n not in (0, 7)]
    assert [m.data["text"] for m in part.training_data.examples] == [
        every.training_data.examples[n].data["text"] for n in kept
    ]
    assert part.places.examples == [every.places.examples[n] for n in kept]
    assert part.training_data.synonyms == every.training_data.synonyms


def test_annotations_of_the_test_part_give_no_synonyms(tmp_path: Path) -> None:
    path = tmp_path / "nlu.yml"
    path.write_text(
        'version: "3.1"\nnlu:\n- intent: fly\n  examples: |\n'
        "    - to [nyc](city:New York)\n    - to [la](city:Los Angeles)\n"
    )
    assert PartImporter([path], [1]).nlu_data().synonyms == {"nyc": "New York"}


def test_each_fold_has_a_number_and_a_folder_of_its_own_for_tensorboard(
    tiny_project: Path,
) -> None:
    template = FoldJob(tiny_project / "config.yml", [tiny_project / "nlu.yml"])
    jobs = CrossValidation(template, folds=2, seed=0).jobs
    assert [job.number for job in jobs] == [1, 2]
    assert [job.fit_options(Path("out")).tensorboard_run for job in jobs] == ["fold-1", "fold-2"]


def result(test: list[int], *texts: str) -> FoldResult:
    return FoldResult(
        test,
        [
            Prediction(text, "a", (), None, (Guess("a", 0.5),), (), None, ((0, 1),))
            for text in texts
        ],
        Thresholds(0.5, 0.25),
    )


def test_jobs_and_results_travel_as_json(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    job = FoldJob(Path("c.yml"), [Path("d.yml")], {"epochs": 2}, "cpu", True, [1, 2], 3)
    job.write(path)
    assert FoldJob.read(path) == job
    answer = result([1, 2], "x", "y")
    answer.write(path)
    assert FoldResult.read(path) == answer


def test_the_predictions_of_all_folds_come_in_the_order_of_the_data() -> None:
    evaluation = evaluation_of([result([1, 3], "b", "d"), result([0, 2], "a", "c")])
    assert [prediction.text for prediction in evaluation.predictions] == list("abcd")
    assert evaluation.thresholds == Thresholds(0.5, 0.25)
