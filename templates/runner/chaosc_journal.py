"""Reads what an experiment left behind: its journal, as far as the runner needs it.

The one place that knows the journal's keys (chaoslib/run.py, initialize_run_journal). A verdict
on the whole run belongs here too: a function of a Journal.
"""

import json


class Journal:
    """The journal of one run.

    `problem` is None, or says in a few words why there is no usable journal; then `content` is
    an empty dict.
    """

    def __init__(self, content, problem=None):
        self.content = content
        self.problem = problem

    @property
    def status(self):
        """`completed`, `failed`, `aborted` or `interrupted`; None without a journal."""
        return self.content.get("status")

    @property
    def deviated(self):
        return bool(self.content.get("deviated"))

    @property
    def rollbacks(self):
        """The statuses of the rollbacks that were begun; one that was cut off has None."""
        runs = self.content.get("rollbacks")
        if not isinstance(runs, list):
            return []
        return [run.get("status") for run in runs if isinstance(run, dict)]

    def summary(self):
        """For the log; never a value out of the experiment, which may be a secret."""
        if self.problem:
            return self.problem
        words = self.status + (", deviated" if self.deviated else "")
        bad = sum(1 for status in self.rollbacks if status != "succeeded")
        if bad:
            words += ", %d of %d rollbacks not succeeded" % (bad, len(self.rollbacks))
        return words


def read(path):
    """Never fails: what is wrong with the file is said by the result's `problem`."""
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read().decode("utf-8"))
    except FileNotFoundError:
        return Journal({}, "no journal")
    except OSError as error:
        return Journal({}, "journal cannot be read (%s)" % error.strerror)
    except ValueError:
        # Truncated or not UTF-8. The parser's message would quote the journal.
        return Journal({}, "journal is not complete")
    if not isinstance(content, dict) or not isinstance(content.get("status"), str):
        return Journal({}, "journal has no status")
    return Journal(content)
