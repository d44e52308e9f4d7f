"""Prints every function that the packages have, with its arguments: `{"module.function": [required, optional]}`.

A function counts under each name by which a step can call it: also private ones, and those that a module has imported
from another of the same package.
"""

import importlib
import inspect
import json
import pkgutil

# Chaos Toolkit hands these to a function by itself.
INJECTED = ("configuration", "secrets")

found = {}
for package in ("chaosk8s", "chaosistio"):
    top = importlib.import_module(package)
    names = [package] + [module.name for module in pkgutil.walk_packages(top.__path__, package + ".")]
    for name in names:
        module = importlib.import_module(name)
        for function, value in inspect.getmembers(module, inspect.isfunction):
            if value.__module__.split(".")[0] != package:
                continue
            required, optional = [], []
            for argument, parameter in inspect.signature(value).parameters.items():
                if argument not in INJECTED:
                    (required if parameter.default is parameter.empty else optional).append(argument)
            found["%s.%s" % (name, function)] = [required, optional]
print(json.dumps(found))
