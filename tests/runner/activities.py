"""Activities of the test experiments. Each says by a file that it began."""

import pathlib
import time


def touch(path):
    pathlib.Path(path).touch()
    return True


def touch_and_sleep(path, seconds):
    touch(path)
    time.sleep(seconds)
    return True


def touch_and_ignore_exceptions(path, seconds):
    """As clients that retry do: an Exception is taken for a failed attempt."""
    touch(path)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            time.sleep(0.2)
        except Exception:
            continue
    return True


def dump(path, value):
    """Writes the type too, so that 1 and 1.0, or true and "true", differ."""
    pathlib.Path(path).write_text(ascii(value), encoding="ascii")
    return True
