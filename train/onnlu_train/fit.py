"""Train a model: from config and data to a model directory."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any

import numpy as np

from onnlu.message import TEXT
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, LocalModelStorage
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import InvalidConfigException, InvalidDataException, OnnluException
from onnlu_engine.model_directory import check_target, write_model
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.runner import SequentialGraphRunner
from onnlu_train.data import TrainingDataImporter
from onnlu_train.model_data.from_messages import SPARSE_FEATURE_SIZES
from onnlu_train.recipe import (
    custom_components,
    graph_model_configuration,
    option_problems,
    read_config,
)
from onnlu_train.tensorflow_setup import use_device
from onnlu_train.training_loop import TrainingProgress

SAMPLE_TEXTS = 256
SAMPLES = "samples"
SAMPLE_FILE = "texts.json"


@dataclass(frozen=True)
class FitOptions:
    """What to train, from what, and where to put it.

    Attributes:
        config: the pipeline, as of Rasa 3.6.
        data: files and folders with training data.
        out: the model's directory.
        overrides: config keys of every component that knows them, such as `epochs`.
        device: "auto", "cpu", "gpu" or "gpu:<number>".
        overwrite: replace a model that is there.
        skip_unsupported: leave out components of Rasa that are not here.
    """

    config: Path
    data: Sequence[Path]
    out: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    overwrite: bool = False
    skip_unsupported: bool = False


@dataclass(frozen=True)
class FitResult:
    """What came of a training.

    Attributes:
        model_id: the model's digest.
        device: where it was trained.
        examples: distinct examples in the data.
        duplicates: examples dropped as exact duplicates.
        labels: intents, entity types, roles and groups.
    """

    model_id: str
    device: str
    examples: int
    duplicates: int
    labels: dict[str, list[str]]


class Fit:
    """One training, checked before it starts.

    Args:
        options: what to train.
        importer: reads the training data; by default all that the options name.

    Raises:
        InvalidConfigException: the config has problems.
        InvalidDataException: the data has problems; both are read before either is reported.
        ModelWriteException: the target is taken.
    """

    def __init__(self, options: FitOptions, importer: TrainingDataImporter | None = None) -> None:
        check_target(options.out, options.overwrite)
        self._options = options
        self.device = use_device(options.device)
        self._importer = importer or TrainingDataImporter(options.data)
        problems = _Problems()
        with problems.kept():
            self._config = read_config(options.config, skip_unsupported=options.skip_unsupported)
            self._configuration = graph_model_configuration(self._config, options.overrides)
            _check_options(self._configuration, options.config)
        with problems.kept():
            self.data = self._importer.nlu_data()
        problems.raise_any()
        self.notices = (*self._config.notices, *self._importer.result.notices)

    def run(self, progress: TrainingProgress | None = None) -> FitResult:
        """Train every component and write the model.

        Args:
            progress: is told of each epoch.
        """
        configuration = self._configuration
        schema = configuration.train_schema
        with tempfile.TemporaryDirectory(prefix="onnlu-fit-") as work:
            folders = {name: Path(work) / name for name in ("components", SAMPLES)}
            for folder in folders.values():
                folder.mkdir()
            context = ExecutionContext(schema, settings={"progress": progress})
            storage = LocalModelStorage(folders["components"])
            runner = SequentialGraphRunner.create(schema, storage, context)
            runner.run({"__importer__": self._importer})
            _write_samples(folders[SAMPLES], self.data)
            manifest = self._manifest(configuration, folders["components"])
            model_id = write_model(
                self._options.out, manifest, folders, overwrite=self._options.overwrite
            )
        return FitResult(
            model_id=model_id,
            device=self.device,
            examples=len(self.data.examples),
            duplicates=self._importer.result.duplicates,
            labels=_labels(self.data),
        )

    def _manifest(self, configuration: GraphModelConfiguration, components: Path) -> dict[str, Any]:
        registry = ComponentRegistry(custom_components(self._config))
        return {
            "kind": "tensorflow",
            "versions": versions("onnlu", "numpy", "tensorflow", "keras"),
            "language": configuration.language,
            "assistant_id": configuration.assistant_id,
            "config": self._config.values,
            "train_schema": configuration.train_schema.as_dict(registry),
            "predict_schema": configuration.predict_schema.as_dict(registry),
            "nlu_target": configuration.nlu_target,
            "labels": _labels(self.data),
            "sparse_feature_sizes": {
                path.parent.name: json.loads(path.read_text(encoding="utf-8"))
                for path in sorted(components.glob(f"*/{SPARSE_FEATURE_SIZES}"))
            },
        }


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python and of installed packages."""
    return {"python": python_version(), **{name: metadata.version(name) for name in packages}}


class _Problems:
    """Keeps the problems of config and data, to report those of both."""

    def __init__(self) -> None:
        self._found: list[OnnluException] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep a problem that is raised inside."""
        try:
            yield
        except (InvalidConfigException, InvalidDataException) as error:
            self._found.append(error)

    def raise_any(self) -> None:
        """Raise what was found, if anything."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise InvalidConfigException("\n".join(str(problem) for problem in self._found))


def _check_options(configuration: GraphModelConfiguration, path: Path) -> None:
    problems = option_problems(configuration)
    if problems:
        raise InvalidConfigException("\n".join(f"{path}: {problem}" for problem in problems))


def _labels(data: TrainingData) -> dict[str, list[str]]:
    return {
        "intents": data.intents,
        "entities": data.entity_types,
        "roles": data.entity_roles,
        "groups": data.entity_groups,
    }


def _write_samples(folder: Path, data: TrainingData) -> None:
    """Keep some training texts: an export is held to them, and a model verified by them."""
    texts = sorted({message.data[TEXT] for message in data.examples})
    order = np.random.default_rng(0).permutation(len(texts))
    chosen = sorted(texts[index] for index in order[:SAMPLE_TEXTS])
    document = json.dumps(chosen, ensure_ascii=False, indent=0)
    (folder / SAMPLE_FILE).write_text(document, encoding="utf-8")
