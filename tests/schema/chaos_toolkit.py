"""Asks Chaos Toolkit about experiments: one JSON document a line in, one verdict a line out.

The verdict is {"verdict": "valid" | "refused" | "crash" | "elsewhere", "reason": TEXT}. "elsewhere" is a refusal that
follows from the machine or from two places of the file at once, which a schema cannot know.
"""

import json
import logging
import sys
import warnings

from chaoslib.exceptions import ChaosException
from chaoslib.experiment import ensure_experiment_is_valid

ELSEWHERE = {
    "could not find Python module": "an import on this machine",
    "does not expose a function called": "an import on this machine",
    "required argument": "a signature on this machine",
    "is not part of the function signature": "a signature on this machine",
    "cannot be found, in activity": "a program on this machine",
    "no access permission to": "a program on this machine",
    "an environment key": "a variable of this environment",
    "Install the `jsonpath2` package": "a package on this machine",
    "could not be found in the experiment": "a reference within the file",
    "Control reference": "a reference within the file",
    "seems invalid": "the regular expressions of Python",
    "JSONDecodeError": "JSON within a string",
}


def verdict(experiment):
    try:
        ensure_experiment_is_valid(experiment)
    except Exception as error:
        kind = "refused" if isinstance(error, ChaosException) else "crash"
        reason = f"{type(error).__name__}: {error}"
        if any(text in reason for text in ELSEWHERE):
            kind = "elsewhere"
        return {"verdict": kind, "reason": reason}
    return {"verdict": "valid", "reason": ""}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(verdict(json.loads(line))))
