"""Removes from a template the resources that the stand-in for AWS lacks, and prints each one.

    without.py template.yaml > smaller.yaml

lacks.txt lists them: a type, or a type with a property. Nothing else changes. A resource that refers to a removed one, and
does not go with it, makes the deployment fail, so that nothing else is removed silently.
"""

import pathlib
import sys

from samcli.yamlhelper import yaml_dump, yaml_parse


def lacks():
    """The lines of lacks.txt: type, property or None, reason."""
    for line in pathlib.Path(__file__).with_name("lacks.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            kind, prop, reason = line.split(maxsplit=2)
            yield kind, None if prop == "-" else prop, reason


def main():
    template = yaml_parse(pathlib.Path(sys.argv[1]).read_text())
    for kind, prop, reason in lacks():
        removed = [
            name
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind and (prop is None or prop in resource["Properties"])
        ]
        if not removed:
            sys.exit(f"lacks.txt: the template has no {kind} {prop or ''}; remove the line")
        for name in removed:
            del template["Resources"][name]
            print(f"left out: {name} ({kind}): {reason}", file=sys.stderr)
    print(yaml_dump(template))


if __name__ == "__main__":
    main()
