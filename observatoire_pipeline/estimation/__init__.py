"""Knowledge: statistics as pure functions."""
