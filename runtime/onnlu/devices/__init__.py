"""What a model runs on: the wheel of ONNX Runtime, the device, the GPU's driver."""
