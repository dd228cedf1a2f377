"""Selectors of responses are finetuned as classifiers are."""

from __future__ import annotations

import pytest

from .outputs import NEW_TEXTS, OLD_TEXTS, FirstWeights, assert_equal, outputs
from .project import MakeProject

FAQ_CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: ResponseSelector
  epochs: 2
  random_seed: 7
  hidden_layers_sizes: {{text: [8], label: [8]}}
  dense_dimension: {{text: 8, label: 8}}
  concat_dimension: {{text: 8, label: 8}}
  use_text_as_label: {by_text}
"""

FAQ = """\
version: "3.1"
nlu:
- intent: faq/open
  examples: |
    - when do you open
    - are you open
- intent: faq/fee
  examples: |
    - is there a fee
    - what does it cost
responses:
  utter_faq/open:
  - text: We open at nine.
  utter_faq/fee:
  - text: There is {amount} fee.
"""

MORE_FAQ = """\
version: "3.1"
nlu:
- intent: faq/fee
  examples: |
    - do you take money
"""


@pytest.mark.slow
@pytest.mark.parametrize("by_text", ["true", "false"])
def test_selectors_of_responses_are_finetuned_too(project: MakeProject, by_text: str):
    made = project(
        config=FAQ_CONFIG.format(by_text=by_text),
        data=FAQ.replace("{amount}", "no"),
        more=MORE_FAQ,
    )
    base = made.train()
    # The texts of responses may change: what they are called may not.
    made.data.write_text(FAQ.replace("{amount}", "a small"), encoding="utf-8")
    before = FirstWeights()
    made.finetuning(base).run([before])
    (weights,) = before.weights.values()
    first = outputs(made.folder / "tuned", "run_ResponseSelector2", weights)
    if by_text == "false":
        assert_equal(first, outputs(base, "run_ResponseSelector2"))
    assert first["response.confidences"].shape == (len(OLD_TEXTS) + len(NEW_TEXTS), 2)
