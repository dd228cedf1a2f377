"""Cross-validation: each part of the data is predicted by a model trained on the others."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from onnlu.message import INTENT, INTENT_RESPONSE_KEY, Message
from onnlu_engine.errors import InvalidDataException, OnnluException
from onnlu_train.data import TrainingDataImporter
from onnlu_train.evaluation.evaluation import Evaluation
from onnlu_train.evaluation.fold import FoldJob, FoldResult
from onnlu_train.fit import Fit

_COMMAND = (sys.executable, "-c", "from onnlu_train.cli import main; main()")


class FoldFailedException(OnnluException):
    """The process of a fold ended with an error; it has said which one."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class CrossValidation:
    """A config and data, checked, and cut into folds.

    Args:
        template: what each fold is given, its number and its test part apart.
        folds: how many; at least 2.
        seed: chooses the folds.

    Raises:
        InvalidConfigException: the config has problems.
        InvalidDataException: the data has problems, or no intent has as many examples as there are
            folds.
    """

    def __init__(self, template: FoldJob, folds: int, seed: int) -> None:
        importer = TrainingDataImporter(template.data)
        with tempfile.TemporaryDirectory(prefix="onnlu-folds-") as work:
            fit = Fit(template.fit_options(Path(work) / "model"), importer)
        # Not the fit's: that may hold some out, to validate on while it trains.
        examples = importer.nlu_data().examples
        self.examples = len(examples)
        self.jobs = [
            replace(template, number=number, test=test)
            for number, test in enumerate(stratified_folds(examples, folds, seed), 1)
        ]
        self.notices = (*fit.notices, *fold_notices(examples, folds))


def stratified_folds(messages: Sequence[Message], folds: int, seed: int) -> list[list[int]]:
    """Cut data into parts in which each intent has its share.

    Args:
        messages: all of the data.
        folds: how many parts; at least 2.
        seed: shuffles the messages.

    Returns:
        The indices of the test part of each fold, sorted; each message is in one of them.

    Raises:
        InvalidDataException: no intent has as many examples as there are folds.
    """
    labels = [_stratum(message) for message in messages]
    most = max(Counter(labels).values())
    if most < folds:
        raise InvalidDataException(
            f"no intent has the {folds} examples that {folds} folds need, the largest has {most}; "
            "add examples, or take fewer folds"
        )
    codes = np.unique(labels, return_inverse=True)[1]
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # `fold_notices` says it with the names of the intents.
        warnings.filterwarnings("ignore", message="The least populated class")
        return [test.tolist() for _, test in splitter.split(codes, codes)]


def fold_notices(messages: Sequence[Message], folds: int) -> list[str]:
    """Return a line on the intents that not every fold can hold."""
    counts = Counter(map(_stratum, messages))
    few = sorted(label for label, count in counts.items() if count < folds and label)
    if not few:
        return []
    return [
        f"fewer examples than folds, so that some folds lack the intent: {', '.join(few)}; "
        "its figures say little"
    ]


def run_in_process(job: FoldJob, *, debug: bool = False) -> FoldResult:
    """Run a fold in a process of its own: memory and random state end with it.

    Its progress is shown on this process' stderr, as are its errors.

    Args:
        job: what to train and predict.
        debug: show tracebacks.

    Raises:
        FoldFailedException: the process ended with an error.
    """
    flags = ["--debug"] if debug else []
    with tempfile.TemporaryDirectory(prefix="onnlu-fold-") as folder:
        question, answer = Path(folder) / "job.json", Path(folder) / "result.json"
        job.write(question)
        # What that process leaves in its temporary folder when it is killed goes with this one's.
        environment = {**os.environ, "TMPDIR": folder}
        # When this process is interrupted, `run` ends that one.
        done = subprocess.run(
            [*_COMMAND, *flags, "fold", question, answer], check=False, env=environment
        )
        if done.returncode < 0:
            raise FoldFailedException(
                f"The process of the fold was killed by signal {-done.returncode}. Is there "
                "enough memory?",
                exit_code=1,
            )
        if done.returncode:
            raise FoldFailedException("The fold failed, as said above.", done.returncode)
        return FoldResult.read(answer)


def evaluation_of(results: Sequence[FoldResult]) -> Evaluation:
    """Evaluate what all folds predicted, together; in the order of the data.

    Args:
        results: of at least one fold.
    """
    predictions = {
        index: prediction
        for result in results
        for index, prediction in zip(result.test, result.predictions, strict=True)
    }
    ordered = [predictions[index] for index in sorted(predictions)]
    return Evaluation.of(ordered, results[0].thresholds)


def _stratum(message: Message) -> str:
    return message.get(INTENT_RESPONSE_KEY) or message.get(INTENT) or ""
