"""What a reader of an evaluation should know of how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onnlu_train.evaluation.predictions import Prediction


def prediction_notices(
    predictions: Sequence[Prediction], labels: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return lines on what the model cannot know, and on texts that it did not see whole.

    Args:
        predictions: of the test data.
        labels: what the model was trained on: "intents" and "entities", as in its manifest.
    """
    notices = []
    unknown_intents = [
        prediction.expected_intent
        for prediction in predictions
        if prediction.expected_intent and prediction.expected_intent not in labels["intents"]
    ]
    unknown_types = [
        entity["entity"]
        for prediction in predictions
        for entity in prediction.expected_entities
        if entity["entity"] not in labels["entities"]
    ]
    for what, names in (("intent", unknown_intents), ("entity type", unknown_types)):
        if names:
            notices.append(
                f"the model knows no {what} {', '.join(sorted(set(names)))}: "
                f"{len(names)} in the test data cannot come out right"
            )
    if any(p.expected_intent for p in predictions) and not any(p.intents for p in predictions):
        notices.append("the model gives no message an intent: there is no report of intents")
    if any(not 0 <= round(guess.confidence, 3) <= 1 for p in predictions for guess in p.intents):
        notices.append(
            "confidences are similarities, not all of them from 0 to 1: calibration and fallback "
            "say nothing of them"
        )
    if any(p.entities for p in predictions) and not any(p.tokens for p in predictions):
        notices.append(
            "the pipeline has no tokenizer: <Extractor>_report.json, which counts tokens, is left "
            "out; entity_report.json counts whole entities"
        )
    truncated = sum(prediction.truncated for prediction in predictions)
    if truncated:
        notices.append(f"texts cut off, as they exceed the model's limits: {truncated}")
    return notices
