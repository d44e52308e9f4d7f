"""A chaos pod on this machine: its files in a temporary folder, the real runner, the real `chaos`."""

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
RUNNER = HERE.parents[1] / "templates" / "runner" / "runner.py"
LIMIT = 60  # seconds that nothing here takes, on a busy machine either


def sh(name, script, **more):
    """A process activity: `path` and `arguments` go to subprocess.run (chaoslib/provider/process.py)."""
    provider = {"type": "process", "path": "sh", "arguments": ["-c", script]}
    return dict({"type": "action", "name": name, "provider": provider}, **more)


def py(name, func, **arguments):
    provider = {"type": "python", "module": "activities", "func": func, "arguments": arguments}
    return {"type": "action", "name": name, "provider": provider}


class Pod:
    def __init__(self, test):
        folder = tempfile.TemporaryDirectory(prefix="chaosc-", ignore_cleanup_errors=True)
        test.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name) / "etc"
        self.work = pathlib.Path(folder.name) / "work"
        self.home.mkdir()
        self.work.mkdir()
        path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
        self.env = {
            "PATH": path, "HOME": str(self.work), "PYTHONPATH": str(HERE),
            "CHAOSC_HOME": str(self.home), "CHAOSC_WORK": str(self.work),
        }

    def experiment(self, name, method, env=None, variables=None, timeout=LIMIT, grace=20, **more):
        content = dict({"title": name, "description": name, "method": method}, **more)
        run = {"env": env or {}, "variables": variables or {}, "timeout": timeout, "grace": grace}
        self.write(name, "experiment.json", json.dumps(content))
        self.write(name, "run.json", json.dumps(run))

    def write(self, name, file, text):
        folder = self.home / "experiments" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")

    def secret(self, name, values):
        """As the kubelet's atomic writer lays a Secret out: NAME -> ..data/NAME -> ..stamp/NAME."""
        folder = self.home / "secrets" / name
        stamp = folder / "..2026_01_01_00_00_00.123456789"
        stamp.mkdir(parents=True)
        (folder / "..data").symlink_to(stamp.name)
        for key, value in values.items():
            (stamp / key).write_bytes(value)
            (folder / key).symlink_to(os.path.join("..data", key))

    def start(self, *names, prefix=()):
        """`prefix` is a command that runs the runner."""
        return subprocess.Popen(
            [*prefix, sys.executable, str(RUNNER), *names], env=self.env, cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace",
        )

    def run(self, *names, prefix=()):
        return self.end(self.start(*names, prefix=prefix))

    def end(self, process):
        try:
            out, err = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Result(process.returncode, out, err)

    def stop(self, process, file, number=signal.SIGTERM):
        """Sends a signal once the work folder has `file`."""
        self.await_file(file)
        process.send_signal(number)

    def await_file(self, file):
        end = time.monotonic() + LIMIT
        while not (self.work / file).exists():
            if time.monotonic() > end:
                raise AssertionError("%s did not appear" % file)
            time.sleep(0.02)

    def read(self, file):
        return (self.work / file).read_text(encoding="utf-8")

    def journal(self, name):
        return json.loads(self.read("journals/%s.json" % name))

    def rollbacks(self, name):
        return [(r["activity"]["name"], r["status"]) for r in self.journal(name)["rollbacks"]]


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def line(self, name):
        """The summary of an experiment: its last line, without the seconds that it took."""
        lines = [line for line in self.out.splitlines() if line.startswith("chaosc: %s: " % name)]
        return lines[-1].rpartition(", ")[0] if lines[-1].endswith(" s") else lines[-1]


def side_by_side(tests):
    """Each test waits for processes most of its time, so that several run at once."""
    suite = Together()
    suite.addTests(flat(tests))
    return suite


def flat(tests):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


class Together(unittest.TestSuite):
    def run(self, result, debug=False):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            tests = list(self)
            for test, record in zip(tests, pool.map(recorded, tests)):
                result.startTest(test)
                for method, arguments in record.events:
                    getattr(result, method)(*arguments)
                result.stopTest(test)
        return result


def recorded(test):
    record = Record()
    test.run(record)
    return record


class Record(unittest.TestResult):
    """Keeps what a test reports, to be told to the real result in one thread."""

    def __init__(self):
        super().__init__()
        self.events = []

    def note(method):
        return lambda self, *arguments: self.events.append((method, arguments))

    addSuccess = note("addSuccess")
    addError = note("addError")
    addFailure = note("addFailure")
    addSkip = note("addSkip")
    addSubTest = note("addSubTest")
    addExpectedFailure = note("addExpectedFailure")
    addUnexpectedSuccess = note("addUnexpectedSuccess")
