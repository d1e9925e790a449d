"""Stage 5: series → figures with bases."""
