"""Runs the vendor's validators on a plugin's folder, each for itself.

Usage: validate_plugin.py FOLDER [--without=RULE]...

Prints one line of JSON a rule: {"rule": name, "passed": bool, "why": what it raised and printed}.
The vendor's own program stops at the end with one verdict, and this project can't satisfy every
rule: which ones have to pass is for the caller to say.
"""

import contextlib
import io
import json
import os
import sys

# Without this, the library that a rule uses can't even be imported where there is no git.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

from icon_plugin_spec.plugin_spec import KomandPluginSpec  # noqa: E402
from icon_validator.rules import JENKINS_VALIDATORS, VALIDATORS  # noqa: E402


def judge(validator, folder):
    """What a rule says of a plugin, which it gets unread: what one rule has cached must not
    decide about another."""
    printed = io.StringIO()
    why = ""
    with contextlib.redirect_stdout(printed):
        try:
            validator.validate(KomandPluginSpec(folder, "plugin.spec.yaml"))
            passed = True
        except Exception as error:  # a rule may fail in any way, and often does by accident
            passed = False
            why = f"{type(error).__name__}: {error}\n"
    return {
        "rule": type(validator).__name__,
        "passed": passed,
        "why": (why + printed.getvalue()).strip(),
    }


def main():
    validators = {type(validator).__name__: validator for validator in VALIDATORS + JENKINS_VALIDATORS}
    folders = []
    for argument in sys.argv[1:]:
        if argument.startswith("--without="):
            # A rule that there is not is a mistake of the caller's, and ends this.
            del validators[argument.removeprefix("--without=")]
        else:
            folders.append(argument)
    if len(folders) != 1:
        sys.exit(__doc__)
    for validator in validators.values():
        print(json.dumps(judge(validator, folders[0])), flush=True)


if __name__ == "__main__":
    main()
