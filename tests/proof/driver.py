"""Runs Chaos Toolkit many times without starting Python each time: it imports what every run needs once, and each run is
a fork that calls the command line's own function.

It reads one JSON object a line: `id`, `kubeconfig`, `experiment`, `journal`, `folder`, `environment` and `options`. When
a run has ended it writes `{"id": …, "code": …}`. The run's own output is in `run.log` of its folder.
"""

import importlib
import json
import os
import pkgutil
import selectors
import sys
import traceback

from chaostoolkit.cli import cli
from kubernetes.config import kube_config

# What the extensions import is most of the time of a start.
for package in ("chaosk8s", "chaosistio"):
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, package + "."):
        importlib.import_module(found.name)


def run(request):
    """The child: never returns."""
    code = 70
    try:
        os.chdir(request["folder"])
        log = os.open("run.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.environ.update(request["environment"], KUBECONFIG=request["kubeconfig"])
        # Read from the environment when the module is imported.
        kube_config.KUBE_CONFIG_DEFAULT_LOCATION = request["kubeconfig"]
        options = ["--no-version-check", "--no-log-file", "run", "--journal-path", request["journal"]]
        cli.main(options + request["options"] + [request["experiment"]], prog_name="chaos")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main():
    running = {}
    chooser = selectors.DefaultSelector()
    chooser.register(sys.stdin.buffer.raw, selectors.EVENT_READ)
    rest = b""
    is_open = True
    while is_open or running:
        for key, _ in chooser.select():
            if key.fileobj in running:
                number, child = running.pop(key.fileobj)
                chooser.unregister(key.fileobj)
                os.close(key.fileobj)
                _, status = os.waitpid(child, 0)
                say({"id": number, "code": os.waitstatus_to_exitcode(status)})
                continue
            text = os.read(0, 1 << 16)
            if not text:
                is_open = False
                chooser.unregister(key.fileobj)
            *lines, rest = (rest + text).split(b"\n")
            for line in lines:
                request = json.loads(line)
                child = os.fork()
                if child == 0:
                    run(request)
                handle = os.pidfd_open(child)
                running[handle] = (request["id"], child)
                chooser.register(handle, selectors.EVENT_READ)


def say(answer):
    os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
