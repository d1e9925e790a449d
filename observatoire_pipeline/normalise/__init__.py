"""Stage 3: answers → codes of one vocabulary."""
