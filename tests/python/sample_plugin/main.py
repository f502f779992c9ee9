"""A plugin on the vendor's runtime, of which only the runtime matters.

The tests send it the messages that they send to this project's plugin, and compare what comes
back. Its actions do nothing, fail, or break their own schema, as their input says.
"""

import insightconnect_plugin_runtime as runtime

from actions import Crash, Echo, Fail, WrongOutput
from connection import Connection
from tasks import Count

NAME = "sample"
VENDOR = "tests"
VERSION = "1.2.3"
DESCRIPTION = "A plugin for tests"


def plugin():
    sample = runtime.Plugin(
        name=NAME,
        vendor=VENDOR,
        description=DESCRIPTION,
        version=VERSION,
        connection=Connection(),
    )
    for action in (Echo(), Fail(), Crash(), WrongOutput()):
        sample.add_action(action)
    sample.add_task(Count())
    return sample


if __name__ == "__main__":
    runtime.CLI(plugin()).run()
