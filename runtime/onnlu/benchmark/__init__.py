"""Measuring an exported model where it serves: `onnlu bench`."""
