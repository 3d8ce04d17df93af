"""Training jobs: ``python -m training fit CONFIG``."""
