"""The end of a process that has scored."""

from __future__ import annotations

import logging
import os
import sys


def leave() -> None:
    """Ends this process with status 0, once everything is answered, committed and closed.

    The interpreter's own end would stop whatever thread is left inside the scoring engine, which C++ answers with an
    abort ("terminate called without an active exception"), now and then and under load above all.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
