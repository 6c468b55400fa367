#!/usr/bin/env python3
"""Writes the cases of the JSON Schema Test Suite that ConstraintTests read.

usage: make_suite.py FOLDER OUT.json

FOLDER is the suite's folder tests/draft2020-12 (MIT licence). OUT gets a list of groups: the file, the
schema as text, and for each case its value as text and whether it is valid.
"""

import json
import pathlib
import sys

FILES = """additionalProperties allOf anchor anyOf boolean_schema const default defs enum
exclusiveMaximum exclusiveMinimum format infinite-loop-detection items maxItems maxLength maxProperties
maximum minItems minLength minProperties minimum oneOf pattern prefixItems properties ref required type
optional/format/date optional/format/time optional/format/date-time optional/format/uuid""".split()


def main(folder, out):
    groups = []
    for name in FILES:
        path = pathlib.Path(folder, name + ".json")
        for group in json.loads(path.read_text(encoding="utf-8")):
            cases = [
                {"text": json.dumps(case["data"], ensure_ascii=False), "isValid": case["valid"],
                 "name": case["description"]}
                for case in group["tests"]
            ]
            groups.append({
                "file": name, "name": group["description"],
                "schema": json.dumps(group["schema"], ensure_ascii=False), "cases": cases})
    pathlib.Path(out).write_text(json.dumps(groups, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
