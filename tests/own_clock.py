"""A clock of a process's own, to be set back while it runs: what it asks the C library for the time answers so many
seconds off.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long *seconds_off;

__attribute__((constructor)) static void open_offset(void) {
    int file = open(getenv("OWN_CLOCK"), O_RDONLY);
    seconds_off = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (seconds_off == MAP_FAILED) abort();
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && seconds_off && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *seconds_off;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    (void)zone;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *also) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (also) *also = exact.tv_sec;
    return exact.tv_sec;
}
"""


class OwnClock:
    """``environment`` gives it to a process; that one's children have it too."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler here (apt install gcc)")
        self._offset, library = folder / "offset", folder / "clock.so"
        self.set(0)
        command = [compiler, "-shared", "-fPIC", "-x", "c", "-o", str(library), "-"]
        subprocess.run(command, input=SOURCE, text=True, check=True)
        self.environment = {"LD_PRELOAD": str(library), "OWN_CLOCK": str(self._offset)}

    def set(self, seconds: int) -> None:
        """So far it is ahead of the machine's clock from now on, or behind it."""
        with self._offset.open("r+b" if self._offset.exists() else "wb") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))
