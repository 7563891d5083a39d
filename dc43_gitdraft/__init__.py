"""Drafts the next version of a data contract from what a job really reads and writes."""

__version__ = "0.1.0"
