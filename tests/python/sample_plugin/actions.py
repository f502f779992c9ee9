"""Actions that do as their input says."""

import insightconnect_plugin_runtime as runtime
from insightconnect_plugin_runtime.exceptions import PluginException


def schema(required=(), **properties):
    """A JSON Schema in the shape that the vendor's tooling generates."""
    return {
        "type": "object",
        "title": "Variables",
        "properties": properties,
        "required": list(required),
        "definitions": {},
    }


TEXT = schema(["text"], text={"type": "string", "title": "Text"})


class Echo(runtime.Action):
    def __init__(self):
        super().__init__(
            name="echo",
            description="Say it again",
            input=runtime.Input(
                schema(
                    ["text"],
                    text={"type": "string", "title": "Text"},
                    number={"type": "integer", "title": "Number"},
                    flag={"type": "boolean", "title": "Flag"},
                    list={"type": "array", "title": "List", "items": {"type": "string"}},
                )
            ),
            output=runtime.Output(TEXT),
        )

    def run(self, params={}):
        self.logger.info("Echo")
        return {"text": params["text"]}


class Fail(runtime.Action):
    def __init__(self):
        super().__init__(
            name="fail",
            description="Fail as told",
            input=runtime.Input(
                schema(
                    cause={"type": "string", "title": "Cause"},
                    assistance={"type": "string", "title": "Assistance"},
                    data={"type": "string", "title": "Data"},
                )
            ),
            output=runtime.Output(TEXT),
        )

    def run(self, params={}):
        raise PluginException(
            cause=params.get("cause"),
            assistance=params.get("assistance"),
            data=params.get("data"),
        )


class Crash(runtime.Action):
    def __init__(self):
        super().__init__(
            name="crash",
            description="Raise what nobody foresaw",
            input=runtime.Input(schema()),
            output=runtime.Output(TEXT),
        )

    def run(self, params={}):
        raise RuntimeError("nobody foresaw this")


class WrongOutput(runtime.Action):
    def __init__(self):
        super().__init__(
            name="wrong_output",
            description="Answer with what the schema forbids",
            input=runtime.Input(schema()),
            output=runtime.Output(TEXT),
        )

    def run(self, params={}):
        return {"text": 7}
