"""Classifiers beside the pack: asked about each comment, never deciding by their absence ([how](README.md))."""
