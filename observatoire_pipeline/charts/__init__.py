"""Stage 6: figures → pictures."""
