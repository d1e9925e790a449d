"""Stage 4: editions → one series."""
