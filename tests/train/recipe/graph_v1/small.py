"""A config with a small train graph and a small predict graph."""

from __future__ import annotations

SMALL = """recipe: graph.v1
language: en
assistant_id: helper
nlu_target: run_tokenizer
train_schema:
  nodes:
    data:
      needs: {importer: __importer__}
      uses: NLUTrainingDataProvider
      constructor_name: create
      fn: provide
      config: {}
      is_input: true
    tokens:
      needs: {training_data: data}
      uses: WhitespaceTokenizer
      constructor_name: create
      fn: process_training_data
      config:
        intent_tokenization_flag: true
    keywords:
      needs: {training_data: tokens}
      uses: KeywordIntentClassifier
      constructor_name: create
      fn: train
      config:
      is_target: true
predict_schema:
  nodes:
    run_tokenizer:
      needs: {messages: __message__}
      uses: WhitespaceTokenizer
      constructor_name: load
      fn: process
      config: {}
      eager: true
      resource: {name: keywords}
"""
