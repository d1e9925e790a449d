"""Knowledge: what an export of the survey looks like, and synthetic exports of each edition."""
