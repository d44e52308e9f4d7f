"""Reads and checks what the pod mounts for an experiment, before any experiment starts.

Folders (see docs/runner.md): $CHAOSC_HOME/experiments/NAME/{experiment,run}.json and, optional,
$CHAOSC_HOME/secrets/NAME/ENV_NAME.
"""

import importlib.util
import json
import os
import shutil
import sys

# Of run.json. All four are written by the compiler, always.
RUN_KEYS = {"env": dict, "variables": dict, "timeout": int, "grace": int}


class SetupError(Exception):
    """Something of the pod is missing or broken; the text is for the reader of its log."""


class Experiment:
    """All that one experiment is run with."""

    def __init__(self, name, source, env, variables, timeout, grace, names_rollbacks):
        self.name = name
        self.source = source
        self.env = env  # bytes to bytes, of this experiment alone: settings, then secrets
        self.variables = variables
        self.timeout = timeout  # seconds
        self.grace = grace  # seconds
        self.names_rollbacks = names_rollbacks  # whether it chose a rollback strategy itself


def load(home, name):
    """Raises SetupError."""
    folder = os.path.join(home, "experiments", name)
    source = os.path.join(folder, "experiment.json")
    content = read_object(source)
    run = read_run(os.path.join(folder, "run.json"))
    declared = content.get("configuration")
    for variable in run["variables"]:
        # chaoslib/configuration.py reads the declared keys only and drops others silently.
        if not isinstance(declared, dict) or variable not in declared:
            raise SetupError(
                "variable `%s` is not declared in the configuration of %s" % (variable, source)
            )
    env = {}
    for key, value in run["env"].items():
        put(env, key.encode("utf-8"), value.encode("utf-8"), "env of run.json")
    env.update(read_secrets(os.path.join(home, "secrets", name)))
    return Experiment(
        name, source, env, run["variables"], run["timeout"], run["grace"],
        rollback_strategy(content) is not None,
    )


def rollback_strategy(content):
    """What the experiment asks for under runtime.rollbacks.strategy, or None.

    A `runtime` with only `hypothesis` names none, and Chaos Toolkit would then take `default`
    even against its settings (chaostoolkit/commands/run.py); only the option beats both.
    """
    for key in ("runtime", "rollbacks", "strategy"):
        content = content.get(key) if isinstance(content, dict) else None
    return content


def read_object(path):
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read().decode("utf-8"))
    except OSError as error:
        raise SetupError("cannot read %s: %s" % (path, error.strerror)) from None
    except (ValueError, RecursionError):
        raise SetupError("%s is not valid JSON in UTF-8" % path) from None
    if not isinstance(content, dict):
        raise SetupError("%s must hold a JSON object" % path)
    return content


def read_run(path):
    run = read_object(path)
    for key in run:
        if key not in RUN_KEYS:
            raise SetupError("%s has the unknown key `%s`" % (path, key))
    for key, kind in RUN_KEYS.items():
        # bool is an int to Python, but `true` is no number of seconds.
        if not isinstance(run.get(key), kind) or isinstance(run.get(key), bool):
            expected = "an object" if kind is dict else "a whole number of seconds"
            raise SetupError("%s: `%s` must be %s" % (path, key, expected))
    for key, least in (("timeout", 1), ("grace", 0)):
        if run[key] < least:
            raise SetupError("%s: `%s` must be at least %d" % (path, key, least))
    for key, value in run["env"].items():
        if not isinstance(value, str):
            raise SetupError("%s: the value of `%s` in `env` must be a string" % (path, key))
    return run


def read_secrets(folder):
    """The files of a mounted Secret. `..data` and the like are the kubelet's own.

    https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
    """
    env = {}
    try:
        names = sorted(os.listdir(os.fsencode(folder)))
    except FileNotFoundError:
        return env
    except OSError as error:
        raise SetupError("cannot read %s: %s" % (folder, error.strerror)) from None
    for name in names:
        path = os.path.join(os.fsencode(folder), name)
        if name.startswith(b".") or os.path.isdir(path):
            continue
        try:
            with open(path, "rb") as file:
                value = file.read()
        except OSError as error:
            raise SetupError("cannot read %s: %s" % (os.fsdecode(path), error.strerror)) from None
        put(env, name, value, folder)
    return env


def put(env, name, value, place):
    """Sets what a process can have in its environment; else says why, without the value."""
    shown = name.decode("utf-8", "replace")
    if not name or b"=" in name or b"\0" in name:
        raise SetupError("%s: `%s` cannot be the name of an environment variable" % (place, shown))
    if b"\0" in value:
        raise SetupError(
            "%s: the value of `%s` holds a NUL byte, which no environment variable can"
            % (place, shown)
        )
    env[name] = value


def chaos_command(path):
    """How Chaos Toolkit is started: `chaos` on `path`, or as a module of this Python."""
    found = shutil.which("chaos", path=path)
    if found:
        return [found]
    if importlib.util.find_spec("chaostoolkit") is not None:
        return [sys.executable, "-m", "chaostoolkit"]
    raise SetupError(
        "found neither `chaos` on the PATH nor the Python package `chaostoolkit`; "
        "the image of this pod must contain Chaos Toolkit"
    )
