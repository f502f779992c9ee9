"""Runs the vendor's validators on a workflow's file: those that look at nothing else.

Usage: validate_workflow.py FILE.icon

The other rules are for the folder of a workflow in the vendor's library, with a page and screenshots. Prints the name of
each rule that is kept, and ends with the error of the first that is not.
"""

import os
import shutil
import sys
import tempfile
import types

# Without this, the library that a rule uses can't even be imported where there is no git.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

from icon_validator.rules.workflow_validators.workflow_description_validator import (  # noqa: E402
    WorkflowDescriptionValidator,
)
from icon_validator.rules.workflow_validators.workflow_icon_validator import WorkflowICONFileValidator  # noqa: E402
from icon_validator.rules.workflow_validators.workflow_title_validator import WorkflowTitleValidator  # noqa: E402
from icon_validator.workflow.unmarshal import read_workflow  # noqa: E402


def read(folder):
    """Whether the vendor's model of a workflow can be read from the file."""
    (file,) = os.listdir(folder.directory)
    assert read_workflow(folder, file).kom.get_latest_workflow_version().get_plugins_used()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(sys.argv[1], directory)
        folder = types.SimpleNamespace(directory=directory)
        for name, rule in [
            ("file", WorkflowICONFileValidator().validate),
            ("titles", WorkflowTitleValidator.validate_icon_titles),
            ("description", WorkflowDescriptionValidator.validate_icon_description_exists),
            ("model", read),
        ]:
            rule(folder)
            print(name)


if __name__ == "__main__":
    main()
