"""Stage 1: raw export → raw tables, as delivered."""
