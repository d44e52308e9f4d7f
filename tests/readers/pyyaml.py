"""What PyYAML's `safe_load` makes of YAML texts.

Reads one JSON string (a text) a line from standard input and answers with one JSON line: the documents in a typed form,
and the error that ended them.

    {"documents": [TYPED, ...], "duplicates": false, "error": null | "ScannerError: ..."}

TYPED is a list: ["null"], ["bool", true], ["int", "12"], ["float", "1.5"], ["str", "x"], ["seq", [TYPED, ...]],
["map", [[TYPED, TYPED], ...]], or ["other", "date"] for a value that JSON does not have.
"""

import json
import math
import sys

import yaml

sys.setrecursionlimit(100_000)


def typed(value, open_values=()):
    if id(value) in open_values:
        return ["other", "recursive"]
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", repr(value)] if math.isfinite(value) else ["other", "float"]
    if isinstance(value, str):
        if any(0xD800 <= ord(c) < 0xE000 for c in value):
            return ["other", "surrogate"]
        return ["str", value]
    inner = (*open_values, id(value))
    if isinstance(value, dict):
        return ["map", [[typed(k, inner), typed(v, inner)] for k, v in value.items()]]
    if isinstance(value, list):
        return ["seq", [typed(item, inner) for item in value]]
    return ["other", type(value).__name__]


def has_duplicates(node, seen):
    """Whether a mapping under `node` writes a key twice; what `<<` merges does not count."""
    if id(node) in seen:
        return False
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return any([has_duplicates(item, seen) for item in node.value])
    if isinstance(node, yaml.MappingNode):
        keys = [
            (key.tag.replace(":value", ":str"), key.value)
            for key, _ in node.value
            if isinstance(key, yaml.ScalarNode) and not key.tag.endswith(":merge")
        ]
        inner = [has_duplicates(child, seen) for pair in node.value for child in pair]
        return len(set(keys)) < len(keys) or any(inner)
    return False


def read(text):
    documents, duplicates, error = [], False, None
    try:
        loader = yaml.SafeLoader(text)
        while loader.check_node():
            node = loader.get_node()
            duplicates = has_duplicates(node, set()) or duplicates
            documents.append(typed(loader.construct_document(node)))
    except Exception as fault:  # noqa: BLE001 (every class is an answer)
        error = f"{type(fault).__name__}: {' '.join(str(fault).split())[:200]}"
    return {"documents": documents, "duplicates": duplicates, "error": error}


for line in sys.stdin:
    print(json.dumps(read(json.loads(line))), flush=True)
