"""Export trained models to ONNX behind a parity gate."""
