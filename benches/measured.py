#!/usr/bin/env python3
"""Runs one command and says what it took: wall seconds, CPU seconds, peak memory.

Linux counts what a process held before it became another program as a part of that program's peak (`ru_maxrss` in getrusage(2)
outlives execve), so a benchmark must not start what it measures itself: this file is a program of its own, which holds little.
"""

import json
import os
import subprocess
import sys
import time


def measured(command: list, folder: object, codes: tuple = (0,), environment: dict | None = None) -> dict:
    """Runs a command in a folder, without its output; ends the benchmark if the exit code is another one."""
    words = [sys.executable, "-I", "-S", __file__, *map(str, command)]
    process = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"{command} could not be measured: {process.stderr}")
    took = json.loads(process.stdout)
    if took.pop("code") not in codes:
        sys.exit(f"{command} failed: {process.stderr}")
    return took


def main() -> None:
    """Runs the command that the arguments are, and prints what it took."""
    start = time.monotonic()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = {
        "wall": time.monotonic() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    print(json.dumps(took))


if __name__ == "__main__":
    main()
