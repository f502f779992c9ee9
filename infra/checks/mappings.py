"""What the expressions of infra/events make of their example events, as JSON: by folder."""

import json
import sys
from pathlib import Path

from jsonata import Jsonata


def main():
    made = {}
    for folder in sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir()):
        expression = Jsonata((folder / "input.jsonata").read_text())
        frame = expression.create_frame()
        frame.bind("event", json.loads((folder / "event.json").read_text()))
        made[folder.name] = expression.evaluate(None, frame)
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
