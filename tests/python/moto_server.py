"""moto, with what its Step Functions lack to run state machines in JSONata.

moto carries LocalStack's interpreter, which hands JSONata to a Java program that moto leaves out: here it
goes to jsonata-python, a port of the reference implementation. And it writes texts into expressions
without escaping what is in them.
"""

import json
import sys

from jsonata import Jsonata
from moto import server
from moto.stepfunctions.parser.asl.jsonata import jsonata

# Whatever has taken them by name already has the old ones, so all of it is loaded first.
from moto.stepfunctions.parser import provider  # noqa: F401


def evaluate(expression):
    return json.loads(json.dumps(Jsonata(expression).evaluate(None)))


def declarations(bindings):
    return "".join(f"{name}:={json.dumps(value)};" for name, value in bindings.items())


def main():
    jsonata._eval_jsonata = evaluate
    broken = jsonata.encode_jsonata_variable_declarations
    for module in list(sys.modules.values()):
        if getattr(module, broken.__name__, None) is broken:
            setattr(module, broken.__name__, declarations)
    server.main(sys.argv[1:])


if __name__ == "__main__":
    main()
