"""Makes a stop reach the rollbacks: a Chaos Toolkit control, loaded into each `chaos` process.

Chaos Toolkit answers SIGTERM by raising InterruptExecution wherever the main thread is
(chaoslib/exit.py). Alone, that is not enough to be sure of the rollbacks:

- a python activity turns every Exception into "activity failed" and the experiment goes on
  (chaoslib/provider/python.py), so a stop would be swallowed; SystemExit(20), what SIGUSR1
  raises, is no Exception: it ends the activity, and rollbacks are still played;
- `pauses.after` is slept in a `finally` (chaoslib/activity.py), also while a stop unwinds;
- rollbacks wait for background activities to end (chaoslib/run.py, apply_activities);
- a SIGTERM during the rollbacks gives up the remaining ones (chaoslib/run.py, run_rollback);
- one that arrives after the run, while the journal is written, leaves a truncated journal.

So this control owns SIGTERM from before the experiment is loaded until the process ends. It
uses the loader hook and the run events, because a control given with --control-file is not asked
at the levels method and rollback when the experiment has controls of its own
(chaoslib/control/__init__.py, get_context_controls).
"""

import os
import signal
import sys
import threading
import time

from chaoslib.run import RunEventHandler

# What chaoslib/exit.py uses for "leave now, but play the rollbacks".
LEAVE_WITH_ROLLBACKS = 20

# Where an exception from the signal handler is turned into "interrupted, now the rollbacks"
# (chaoslib/run.py, Runner._run). Anywhere else it would end the process without them.
GUARDED = ("run_gate_hypothesis", "run_method", "run_deviation_validation_hypothesis")

LOADING, RUNNING, ROLLBACK, ENDED = range(4)


class State:
    """What the signal handler, the run events and the usher thread share."""

    phase = LOADING
    requested = False
    # Set by the usher when the next nudge is to end whatever the main thread waits for.
    force = False
    # Held while children are signalled, so that none of a rollback's is hit. Re-entrant: the
    # signal handler may interrupt the main thread while it holds it.
    lock = threading.RLock()
    # Seconds until children that ignore SIGTERM are killed and background activities are no
    # longer waited for.
    patience = 5.0
    # Threads of background activities of the method that still live when rollbacks start.
    late = frozenset()
    # Configuration entries with a default that is not the experiment's.
    lent = []


def leave_no_trace():
    """Takes this folder, the first entry, out of the module path that activities inherit."""
    here = os.path.dirname(os.path.abspath(__file__))
    _, _, rest = os.environ.get("PYTHONPATH", "").partition(os.pathsep)
    if rest:
        os.environ["PYTHONPATH"] = rest
    else:
        os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]


def before_loading_experiment_control(context, **_):
    """The first hook that chaoslib calls: nothing of the experiment has run yet."""
    leave_no_trace()
    signal.signal(signal.SIGTERM, on_sigterm)


def after_loading_experiment_control(context, state, overridden=(), **_):
    """Lets the experiment pass its validation where a variable replaces a missing environment.

    chaoslib/experiment.py validates the configuration without the variables and refuses a
    reference to the environment that leads nowhere, although it is not going to be used.
    "0" converts to each `env_var_type`. `configure_control` takes it out again.
    """
    for reference in references(state, overridden):
        if "default" not in reference:
            reference["default"] = "0"
            State.lent.append(reference)


def references(experiment, names):
    configuration = experiment.get("configuration") if isinstance(experiment, dict) else None
    for name in names:
        value = configuration.get(name) if isinstance(configuration, dict) else None
        if isinstance(value, dict) and value.get("type") == "env":
            yield value


def configure_control(event_registry, patience=5.0, **_):
    """Called inside chaoslib's own exit_signals(), whose handler this replaces.

    On its way out exit_signals() restores what it found, which is again `on_sigterm`. Variables
    have been applied by now, and the journal has not been written.
    """
    for reference in State.lent:
        del reference["default"]
    State.patience = patience
    event_registry.register(Events())
    signal.signal(signal.SIGTERM, on_sigterm)
    State.phase = RUNNING


class Events(RunEventHandler):
    """Follows the phases; begins nothing of the method once a stop was asked for.

    SystemExit passes chaoslib's EventHandlerRegistry, which catches Exception only.
    """

    def start_hypothesis_before(self, experiment):
        leave_if_requested()

    def start_method(self, experiment):
        leave_if_requested()

    def start_hypothesis_after(self, experiment):
        leave_if_requested()

    def start_activity(self, activity):
        # A background action that is still in its `pauses.before` must not inject its fault
        # after the rollbacks.
        if threading.current_thread() in State.late:
            raise SystemExit(LEAVE_WITH_ROLLBACKS)
        leave_if_requested()

    def start_rollbacks(self, experiment):
        with State.lock:
            State.phase = ROLLBACK
        if State.requested:
            main = threading.main_thread()
            State.late = frozenset(t for t in threading.enumerate() if t is not main)

    def finish(self, journal):
        State.phase = ENDED


def leave_if_requested():
    if State.requested and State.phase == RUNNING:
        raise SystemExit(LEAVE_WITH_ROLLBACKS)


def on_sigterm(signum, frame):
    """Interrupts what runs; never the rollbacks or the writing of the journal.

    The first signal interrupts. A later one, from the usher or from outside, only ends what
    would keep the rollbacks waiting.
    """
    if State.phase == LOADING:
        raise SystemExit(128 + signum)
    if State.phase != RUNNING:
        return
    if not State.requested:
        State.requested = True
        signal_children(signal.SIGTERM)
        threading.Thread(target=usher, daemon=True).start()
        leave = guarded(frame)
    elif State.force:
        State.force = False
        leave = guarded(frame)
    else:
        # The main thread is in a function of chaoslib that only sleeps here: a pause.
        leave = is_in(frame, "chaoslib.activity", ("execute_activity",))
    if leave:
        raise SystemExit(LEAVE_WITH_ROLLBACKS)


def usher():
    """Sees to it that a stop gets to the rollbacks, whatever the activities do."""
    main = threading.main_thread().ident
    next_force = time.monotonic() + State.patience
    while State.phase == RUNNING:
        if time.monotonic() >= next_force:
            signal_children(signal.SIGKILL)
            State.force = True
            next_force += State.patience
        signal.pthread_kill(main, signal.SIGTERM)
        time.sleep(0.2)


def guarded(frame):
    """Whether an exception raised in `frame` leads to the rollbacks."""
    while frame is not None:
        if is_in(frame, "chaoslib.run", GUARDED):
            return True
        frame = frame.f_back
    return False


def is_in(frame, module, functions):
    return frame.f_code.co_name in functions and frame.f_globals.get("__name__") == module


def signal_children(signum):
    """Signals every other process of the own group, if the runner gave this process one."""
    own = os.getpid()
    if os.getpgrp() != own:
        return
    with State.lock:
        if State.phase != RUNNING:
            return
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as stat:
                    # proc(5): after the name, which may hold anything: state, parent, group.
                    group = int(stat.read().rpartition(")")[2].split()[2])
                if group == own and int(pid) != own:
                    os.kill(int(pid), signum)
            except (OSError, ValueError):
                # It ended meanwhile.
                continue
