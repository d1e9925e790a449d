"""Knowledge: the questionnaire, as data."""
