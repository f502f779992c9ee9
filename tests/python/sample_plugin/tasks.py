"""One task, which counts how often it ran."""

import insightconnect_plugin_runtime as runtime
from insightconnect_plugin_runtime.exceptions import PluginException

from actions import schema


class Count(runtime.Task):
    def __init__(self):
        super().__init__(
            name="count",
            description="Count the runs",
            input=runtime.Input(schema(fail={"type": "boolean", "title": "Fail"})),
            output=runtime.Output({"type": "array", "title": "Counts", "items": {"type": "integer"}}),
            state=runtime.State(schema(count={"type": "integer", "title": "Count"})),
        )

    def run(self, params={}, state={}, custom_config={}):
        if params.get("fail"):
            error = PluginException(
                cause="It was told to.", assistance="Tell it not to.", data="fail"
            )
            return [], state, False, 503, error
        count = state.get("count", 0) + 1
        return [count], {"count": count}, count < 3, 200, None
