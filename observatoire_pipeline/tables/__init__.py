"""Knowledge: every table, declared once."""
