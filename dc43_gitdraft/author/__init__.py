"""Contracts written by people: a page on this machine, and drafts made of what they wrote there."""
