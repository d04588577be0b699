"""Cuts GitHub's description of its REST interface down to what a validator reads: a fifth of the bytes.

Usage: slim.py DESCRIPTION > SLIM
"""

import json
import sys

# What people read. `per_page` is bounded only in words, so the test knows that bound itself.
FOR_PEOPLE = {"description", "summary", "title", "example", "examples", "externalDocs", "default", "tags", "deprecated"}
# The members of these are named by GitHub, so a name among them is no keyword.
NAMED = {"properties", "schemas", "responses", "parameters"}


def slim(value, is_named=False):
    if isinstance(value, list):
        return [slim(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: slim(item, key in NAMED and not is_named)
        for key, item in value.items()
        if is_named or not (key in FOR_PEOPLE or key.startswith("x-") and key != "x-multi-segment")
    }


with open(sys.argv[1], encoding="utf-8") as description:
    whole = json.load(description)
parts = {name: whole["components"][name] for name in ("schemas", "parameters", "responses")}
json.dump({"paths": slim(whole["paths"]), "components": {name: slim(part, True) for name, part in parts.items()}},
          sys.stdout, separators=(",", ":"))
