"""How the built-in scoring pack is made: corpora, written examples, training, calibration, export.

Nothing here is part of the installed service, and its heavy dependencies live in ``.venv-train``.
"""
