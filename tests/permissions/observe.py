"""Calls activities of Chaos Toolkit's extensions against a stand-in for the cluster, and says what they asked of it.

Reads from the standard input a list of `{"module", "function", "arguments"}`; writes for each
`{"required", "optional", "requests", "error"}`.
"""

import importlib
import inspect
import json
import logging
import os
import sys
import tempfile

from cluster import Cluster

# Chaos Toolkit hands these over by itself (chaoslib.provider.python).
INJECTED = ("configuration", "secrets")


def observe(cluster, call):
    function = getattr(importlib.import_module(call["module"]), call["function"])
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name not in INJECTED]
    required = [one.name for one in parameters if one.default is inspect.Parameter.empty]
    optional = [one.name for one in parameters if one.default is not inspect.Parameter.empty]
    result = {"required": required, "optional": optional, "requests": [], "error": None}
    if call["arguments"] is not None:
        cluster.asked.clear()
        try:
            function(**call["arguments"])
        except Exception as problem:
            result["error"] = repr(problem)
        result["requests"] = list(cluster.asked)
    return result


def main():
    logging.disable(logging.CRITICAL)
    cluster = Cluster()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kubeconfig")
        with open(path, "w", encoding="utf-8") as file:
            file.write(cluster.kubeconfig())
        os.environ["KUBECONFIG"] = path
        json.dump([observe(cluster, call) for call in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
