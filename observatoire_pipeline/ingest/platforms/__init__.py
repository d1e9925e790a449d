"""The survey platforms whose exports are read, one module each."""
