"""Prints what PyYAML makes of every document of a file, as JSON: `read.py FILE`."""

import json
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    documents = [document for document in yaml.safe_load_all(file) if document is not None]
# Anything that JSON does not have, such as a date, is a fault: `default` is not given.
json.dump(documents, sys.stdout, allow_nan=False)
