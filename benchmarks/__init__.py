"""Measurements; each module prints a table."""
