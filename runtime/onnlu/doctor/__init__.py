"""What of this environment helps or hinders serving: `onnlu doctor`."""
