"""Knowledge: which collectivités exist, when, under which name and code."""
