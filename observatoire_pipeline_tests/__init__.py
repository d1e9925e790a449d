"""Tests of observatoire_pipeline."""
