"""moto, with what it lacks to run the template's rules and state machine.

- Its Step Functions are LocalStack's interpreter, which hands JSONata to a Java program that moto leaves out:
  here it goes to jsonata-python, a port of the reference implementation. And it writes texts into
  expressions without escaping what is in them.
- Its rules don't look into arrays of objects. EventBridge does: a pattern matches if it does for one element
  of each array (https://github.com/aws/event-ruler, "Arrays").
- Its state machines end when a branch of a Parallel state fails with an error of ASL's own (States.*), which
  that state may catch (https://states-language.net/#parallel-state).
- Its Lambda tells nobody the account's limits (GetAccountSettings). Here they are those of a new account: ten
  executions at once, or as many as the environment says.
"""

import itertools
import json
import os
import sys

from jsonata import Jsonata
from moto import server
from moto.awslambda import urls as lambda_urls
from moto.events.models import EventPattern
from moto.stepfunctions.parser.asl.jsonata import jsonata

# Whatever has taken them by name already has the old ones, so all of it is loaded first.
from moto.stepfunctions.parser import models  # noqa: F401
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branches_decl
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str


def evaluate(expression):
    try:
        return json.loads(json.dumps(Jsonata(expression).evaluate(None)))
    except Exception as error:
        raise jsonata.JSONataException("UNKNOWN", str(error)) from error


def declarations(bindings):
    return "".join(f"{name}:={to_json_str(value)};" for name, value in bindings.items())


def with_one_element_of_each_array(node):
    if isinstance(node, dict):
        members = [with_one_element_of_each_array(member) for member in node.values()]
        return [dict(zip(node, chosen)) for chosen in itertools.product(*members)]
    if isinstance(node, list) and node and all(isinstance(item, dict) for item in node):
        return [chosen for item in node for chosen in with_one_element_of_each_array(item)]
    return [node]


def matches_event(pattern, event, of_one_element=EventPattern.matches_event):
    return any(of_one_element(pattern, one) for one in with_one_element_of_each_array(event))


def account_settings(_request, _url, headers):
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html"""
    free = int(os.environ.get("UNRESERVED_CONCURRENT_EXECUTIONS", "10"))
    limits = {"ConcurrentExecutions": free, "UnreservedConcurrentExecutions": free}
    return 200, headers, json.dumps({"AccountLimit": limits, "AccountUsage": {"FunctionCount": 0}})


def main():
    for end in ("$", "/$"):
        lambda_urls.url_paths[r"{0}/(?P<api_version>[^/]+)/account-settings" + end] = account_settings
    EventPattern.matches_event = matches_event
    jsonata._eval_jsonata = evaluate
    branches_decl.CustomErrorName = ErrorName
    broken = jsonata.encode_jsonata_variable_declarations
    for module in list(sys.modules.values()):
        if getattr(module, broken.__name__, None) is broken:
            setattr(module, broken.__name__, declarations)
    server.main(sys.argv[1:])


if __name__ == "__main__":
    main()
