"""The connection: its test fails if the URL says so."""

import insightconnect_plugin_runtime as runtime
from insightconnect_plugin_runtime.exceptions import ConnectionTestException

SCHEMA = {
    "type": "object",
    "title": "Variables",
    "properties": {
        "url": {"type": "string", "title": "URL", "description": "Where to"},
        "credentials": {
            "$ref": "#/definitions/credential_username_password",
            "title": "Credentials",
            "description": "As whom",
        },
        "ssl_verify": {
            "type": "boolean",
            "title": "Verify",
            "description": "Whether to check the certificate",
            "default": True,
        },
    },
    "required": ["credentials", "url"],
    "definitions": {
        "credential_username_password": {
            "id": "credential_username_password",
            "type": "object",
            "title": "Credential: Username and Password",
            "description": "A username and password combination",
            "properties": {
                "username": {"type": "string", "title": "Username"},
                "password": {
                    "type": "string",
                    "title": "Password",
                    "format": "password",
                    "displayType": "password",
                },
            },
            "required": ["username", "password"],
        }
    },
}

#: A URL with this in it fails the connection test.
UNREACHABLE = "unreachable"


class Connection(runtime.Connection):
    def __init__(self):
        super().__init__(input=SCHEMA)

    def connect(self, params={}):
        self.logger.info("Connect")
        self.url = params["url"]

    def test(self):
        if UNREACHABLE in self.url:
            raise ConnectionTestException(
                cause="It is not there.", assistance="Ask for another.", data=self.url
            )
        return {"success": True}
