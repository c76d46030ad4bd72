"""Recommendations you can check: the application that hands one stage's work to the next."""

__version__ = "0.1.0"
