"""Training needs torch, which the service doesn't: without it these files aren't looked at."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = (
    []
    if find_spec("torch")
    else [
        "small_encoder.py",
        "test_continued.py",
        "test_quantised.py",
        "test_trainer.py",
        "test_world_encoder.py",
        "test_world_further.py",
        "test_world_training.py",
    ]
)
