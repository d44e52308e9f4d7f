"""Runs Chaos Toolkit experiments one after the other: the main process of a chaos pod.

    python3 runner.py EXPERIMENT...

Each experiment is a `chaos run` process of its own, in its own process group, folder and
environment. The runner keeps its timeout, hands a stop of the pod on to it, waits for its
rollbacks, keeps its journal, and stops at the first one that exits with another code than 0;
that code is its own. docs/runner.md describes files, signals and exit codes.

Python 3.8 or newer on Linux, standard library only. As PID 1 it also reaps orphans.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback

# The folder of these files is a mounted ConfigMap: Python cannot keep compiled files there.
sys.dont_write_bytecode = True

import chaosc_journal  # noqa: E402
import chaosc_setup  # noqa: E402

EXIT_USAGE = 64
EXIT_RUNNER = 70
EXIT_TIMEOUT = 124  # as timeout(1)

STOPS = {signal.SIGTERM, signal.SIGINT}
WATCHED = STOPS | {signal.SIGCHLD}

# Seconds that processes which an experiment left behind get between SIGTERM and SIGKILL.
LEFTOVER_GRACE = 2.0


def main(arguments):
    watch_signals()
    try:
        check_names(arguments)
    except chaosc_setup.SetupError as error:
        say("error: %s" % error)
        say("usage: runner.py EXPERIMENT...")
        return EXIT_USAGE
    try:
        return run_all(arguments)
    except chaosc_setup.SetupError as error:
        say("error: %s" % error)
    except Exception:
        traceback.print_exc()
        say("error: the runner itself failed")
    return EXIT_RUNNER


def watch_signals():
    """From here on signals wait until they are asked for: none is lost, none interrupts.

    The kernel discards a signal for PID 1 while its action is the default one (kill(2)), so
    each gets a handler, though it never runs.
    """
    for number in WATCHED:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)


def check_names(names):
    if not names:
        raise chaosc_setup.SetupError("no experiment is named")
    for name in names:
        # A name becomes a part of paths; no leading dot, dash or slash leads out of a folder.
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise chaosc_setup.SetupError("`%s` is not the name of an experiment" % name)
        if names.count(name) > 1:
            raise chaosc_setup.SetupError("`%s` is named twice" % name)


def run_all(names):
    """Runs `names` in order; everything is read before the first one starts."""
    home = os.environ.get("CHAOSC_HOME", "/etc/chaosc")
    work = os.path.abspath(os.environ.get("CHAOSC_WORK", "/work"))
    experiments = [chaosc_setup.load(home, name) for name in names]
    runs = [prepare(experiment, work) for experiment in experiments]
    code = 0
    reason = None
    for run in runs:
        stop = signal.sigtimedwait(STOPS, 0) if reason is None else None
        if stop is not None:
            code = 128 + stop.si_signo
            reason = "%s received" % signal.Signals(stop.si_signo).name
        if reason is not None:
            say("%s: not run (%s)" % (run.name, reason))
            continue
        code = run.execute()
        if code != 0:
            reason = "%s: exit %d" % (run.name, code)
    return code


def prepare(experiment, work):
    try:
        return Run(experiment, work)
    except OSError as error:
        raise chaosc_setup.SetupError(
            "cannot write %s: %s" % (error.filename or work, error.strerror)
        ) from None


class Run:
    """One `chaos run`, from its files to its exit code."""

    def __init__(self, experiment, work):
        self.experiment = experiment
        self.name = experiment.name
        self.folder = os.path.join(work, experiment.name)
        self.journal = os.path.join(work, "journals", experiment.name + ".json")
        private = os.path.join(work, ".chaosc")
        for folder in (self.folder, os.path.dirname(self.journal), private):
            os.makedirs(folder, exist_ok=True)
        self.environment = environment(experiment)
        self.command = self.compose(private)
        # What happened, in the order it is told in.
        self.timed_out = False
        self.stop = None  # the signal that ended the run early
        self.killed = False
        self.leftovers = False
        self.status = None  # as of os.waitpid

    def compose(self, private):
        path = os.fsdecode(self.environment.get(b"PATH", os.defpath.encode()))
        command = chaosc_setup.chaos_command(path)
        # The version check calls a server outside of the cluster; the log file is for a laptop.
        command += ["--no-version-check", "--no-log-file", "run", "--journal-path", self.journal]
        if not self.experiment.names_rollbacks:
            # The default leaves the fault in place after an interruption (chaoslib/run.py).
            command.append("--rollback-strategy=always")
        control = {"type": "python", "module": "chaosc_control", "arguments": {
            "patience": max(0.5, min(5.0, self.experiment.grace / 4)),
            "overridden": sorted(self.experiment.variables),
        }}
        controls = {"chaosc": {"provider": control}}
        command += ["--control-file", keep(private, self.name + ".control.json", controls)]
        if self.experiment.variables:
            # In a .json file values keep their types (chaoslib, merge_vars); --var makes strings.
            variables = {"configuration": self.experiment.variables}
            command += ["--var-file", keep(private, self.name + ".variables.json", variables)]
        return command + [self.experiment.source]

    def execute(self):
        """Runs the experiment to its end and returns the runner's exit code for it."""
        say("%s: starts, timeout %d s" % (self.name, self.experiment.timeout))
        # The journal of an earlier container of this pod must not speak for this run.
        if os.path.lexists(self.journal):
            os.remove(self.journal)
        started = time.monotonic()
        try:
            # Returns after exec: from then on the process has the default signal actions.
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED),
            )
        except OSError as error:
            raise chaosc_setup.SetupError(
                "cannot start %s: %s" % (self.command[0], error.strerror)
            ) from None
        self.supervise(process.pid)
        process.returncode = self.chaos_code()  # reaped here, so Popen must not try to
        self.end_leftovers(process.pid)
        journal = chaosc_journal.read(self.journal)
        code = self.exit_code(journal)
        self.tell(journal, code, time.monotonic() - started)
        return code

    def supervise(self, pid):
        """Waits for the end of `pid`, and brings it about where a stop or the timeout says so."""
        deadline = time.monotonic() + self.experiment.timeout
        stopping = False
        while self.status is None:
            received = signal.sigtimedwait(WATCHED, max(0.0, deadline - time.monotonic()))
            number = received.si_signo if received is not None else None
            self.reap(pid)
            if number in STOPS and self.stop is None:
                self.stop = number
                say("%s: %s received" % (self.name, signal.Signals(number).name))
            if self.status is not None or number == signal.SIGCHLD:
                continue
            if not stopping:
                stopping = True
                if number is None:
                    self.timed_out = True
                    say("%s: timed out after %d s" % (self.name, self.experiment.timeout))
                say("%s: stopping, %d s for rollbacks" % (self.name, self.experiment.grace))
                # Only to chaos: its children may be the rollbacks'. See chaosc_control.py.
                os.kill(pid, signal.SIGTERM)
                deadline = time.monotonic() + self.experiment.grace
            elif number is None:
                self.killed = True
                signal_group(pid, signal.SIGKILL)
                # What is killed ends at once, unless the kernel holds it.
                deadline = time.monotonic() + 60.0

    def reap(self, pid=None):
        """Collects every ended child; orphans become children of PID 1."""
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if ended == 0:
                return
            if ended == pid:
                self.status = status

    def end_leftovers(self, group):
        """Nothing of an experiment may go on while the next one runs."""
        kill_after = time.monotonic() + (0.0 if self.killed else LEFTOVER_GRACE)
        give_up_after = kill_after + LEFTOVER_GRACE
        asked = False
        while group_lives(group) and time.monotonic() < give_up_after:
            self.leftovers = True
            if time.monotonic() >= kill_after:
                signal_group(group, signal.SIGKILL)
            elif not asked:
                signal_group(group, signal.SIGTERM)
                asked = True
            time.sleep(0.05)
            self.reap()

    def chaos_code(self):
        """As a shell has it: 128 and the signal's number for a process that a signal ended."""
        if os.WIFSIGNALED(self.status):
            return 128 + os.WTERMSIG(self.status)
        return os.WEXITSTATUS(self.status)

    def exit_code(self, journal):
        if self.timed_out:
            return EXIT_TIMEOUT
        if self.stop is not None:
            return 128 + self.stop
        code = self.chaos_code()
        # Exit 0 without a record of the run proves nothing.
        return EXIT_RUNNER if code == 0 and journal.problem else code

    def tell(self, journal, code, seconds):
        facts = [journal.summary()]
        if self.timed_out:
            facts.append("timed out after %d s" % self.experiment.timeout)
        if self.stop is not None:
            facts.append("stopped by %s" % signal.Signals(self.stop).name)
        if self.killed:
            facts.append("killed after %d s for rollbacks" % self.experiment.grace)
        elif os.WIFSIGNALED(self.status):
            facts.append("chaos was ended by signal %d" % os.WTERMSIG(self.status))
        if self.leftovers and not self.killed:
            facts.append("ended processes that it left behind")
        facts.append("exit %d" % code)
        say("%s: %s, %.1f s" % (self.name, ", ".join(facts), seconds))


def environment(experiment):
    """The pod's environment, then the experiment's own; of another experiment nothing."""
    result = dict(os.environb)
    result.update(experiment.env)
    # The root file system may be read-only.
    result[b"PYTHONDONTWRITEBYTECODE"] = b"1"
    # Chaos Toolkit reads and writes its files in the encoding of the locale (chaoslib/loader.py).
    result.setdefault(b"PYTHONUTF8", b"1")
    # Read and removed again by chaosc_control.py.
    here = os.path.dirname(os.path.abspath(__file__)).encode()
    result[b"PYTHONPATH"] = here + b":" + result.get(b"PYTHONPATH", b"")
    return result


def keep(folder, name, content):
    """Writes `content` as JSON and returns the file's path. ASCII, whatever the locale is."""
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        json.dump(content, file)
    return path


def signal_group(group, number):
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass  # the last one ended meanwhile


def group_lives(group):
    """Whether a process of the group runs; one that waits to be reaped (state Z) does not."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid, "rb") as stat:
                # proc(5): after the name, which may hold anything: state, parent, group.
                state, _, of_group = stat.read().rpartition(b")")[2].split()[:3]
        except (OSError, ValueError):
            continue  # it ended meanwhile
        if int(of_group) == group and state not in (b"Z", b"X"):
            return True
    return False


def say(text):
    """One line for `kubectl logs`; a reader that went away must not end a run."""
    try:
        print("chaosc: " + text, flush=True)
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
