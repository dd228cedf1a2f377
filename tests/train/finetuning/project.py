"""A small project: its config, its data, and more data to finetune on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from onnlu_train.fit import Fit, FitOptions

CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  max_ngram: 2
- name: DIETClassifier
  epochs: 10
  batch_size: 4
  random_seed: 7
  transformer_size: 8
  number_of_attention_heads: 2
  number_of_transformer_layers: 1
  dense_dimension: {text: 8, label: 4}
  embedding_dimension: 4
- name: EntitySynonymMapper
- name: RegexEntityExtractor
"""
DATA = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
- intent: travel
  examples: |
    - go to [oslo](city)
    - leave [rome](city) now
    - fly to [rome](city)
"""
MORE = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - howdy partner
- intent: travel
  examples: |
    - teleport me to [Ankara](city)
- synonym: rome
  examples: |
    - urbs
- regex: city
  examples: |
    - [A-Z]\\w+
"""


class Project:
    """A config, data, and the models that are made of them.

    Args:
        folder: where all of it is.
        config: content of config.yml.
        data: content of nlu.yml.
        more: content of more.yml, which finetunings see too.
    """

    def __init__(
        self, folder: Path, config: str = CONFIG, data: str = DATA, more: str = MORE
    ) -> None:
        self.folder = folder
        self.config, self.data, self.more = (
            folder / name for name in ("config.yml", "nlu.yml", "more.yml")
        )
        for file, text in ((self.config, config), (self.data, data), (self.more, more)):
            file.write_text(text, encoding="utf-8")

    def train(self, out: str = "base") -> Path:
        Fit(FitOptions(self.config, [self.data], self.folder / out, device="cpu")).run()
        return self.folder / out

    def finetuning(self, base: Path, out: str = "tuned", **changed: Any) -> Fit:
        options = {"out": self.folder / out, "device": "cpu", "overrides": {"epochs": 1}}
        options |= {"finetune": base, **changed}
        return Fit(FitOptions(self.config, [self.data, self.more], **options))


MakeProject = Callable[..., Project]
