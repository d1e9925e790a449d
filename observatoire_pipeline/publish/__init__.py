"""Stage 7: all of it → warehouse and release."""
