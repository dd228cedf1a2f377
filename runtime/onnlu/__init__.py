"""Serve exported NLU models with numpy and ONNX Runtime."""
