"""Deploys a translated template to moto, and tells what came of it, as JSON.

moto creates the kinds of resources that it knows, and passes over the others. Secrets are of the others, and
are created here under the template's names: policies refer to them.
"""

import argparse
import io
import json
import sys
import zipfile
from pathlib import Path

import boto3

from translate import BUCKET


# What moto can't create: its REST APIs come without the methods in their bodies, and an API without methods
# can't be deployed.
GAPS = {"AWS::ApiGateway::Deployment"}


def example_zip():
    """A zip that is none of our functions: moto looks for one, and runs none."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bootstrap", "not the function")
    return packed.getvalue()


def upload(s3, template):
    """Puts the code that the template names where it names it."""
    s3.create_bucket(Bucket=BUCKET)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            key = resource["Properties"]["Code"]["S3Key"]
            s3.put_object(Bucket=BUCKET, Key=key, Body=example_zip())


def create_secrets(client, template, stack):
    """Creates the template's secrets and puts their ARNs in place of what refers to them.

    Whether their conditions hold is for what refers to them, which has the same conditions.
    """
    arns = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::SecretsManager::Secret":
            known_as = resource["Properties"]["Name"]["Fn::Sub"].replace("${AWS::StackName}", stack)
            arns[name] = client.create_secret(Name=known_as)["ARN"]

    def put(value):
        if isinstance(value, list):
            return [put(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in arns:
            return arns[value["Ref"]]
        return {name: put(item) for name, item in value.items()}

    kept = {name: it for name, it in template["Resources"].items() if name not in arns}
    return {**put(template), "Resources": put(kept)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("template", type=Path, help="what translate.py wrote")
    arguments.add_argument("endpoint", help="where moto is")
    arguments.add_argument("stack", help="the stack's name")
    arguments.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    chosen = arguments.parse_args()
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "example", region_name="us-east-1")

    def client(service):
        return session.client(service, endpoint_url=chosen.endpoint)

    template = json.loads(chosen.template.read_text())
    template = create_secrets(client("secretsmanager"), template, chosen.stack)
    # CloudFormation compares parameters as texts, moto as what the JSON has.
    for parameter in template["Parameters"].values():
        if "Default" in parameter:
            parameter["Default"] = str(parameter["Default"])
    upload(client("s3"), template)
    left_out = [name for name, it in template["Resources"].items() if it["Type"] in GAPS]
    for name in left_out:
        del template["Resources"][name]
    named = [parameter.split("=", 1) for parameter in chosen.parameters]
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=chosen.stack,
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in named
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    stack = cloudformation.describe_stacks(StackName=chosen.stack)["Stacks"][0]
    resources = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=chosen.stack):
        for resource in page["StackResourceSummaries"]:
            resources[resource["LogicalResourceId"]] = resource["PhysicalResourceId"]
    machine = next((arn for arn in resources.values() if ":stateMachine:" in arn), None)
    if machine:
        answer = client("stepfunctions").describe_state_machine(stateMachineArn=machine)
        machine = {"definition": answer["definition"], "role": answer["roleArn"]}
    functions = {}
    for page in client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            functions[function["FunctionName"]] = {
                "architectures": function.get("Architectures"),
                "environment": function.get("Environment", {}).get("Variables", {}),
                "memory": function["MemorySize"],
                "role": function["Role"].rsplit("/", 1)[-1],
                "runtime": function["Runtime"],
                "timeout": function["Timeout"],
            }
    json.dump(
        {
            "left_out": left_out,
            "status": stack["StackStatus"],
            "reason": stack.get("StackStatusReason"),
            "outputs": {
                output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
            },
            "resources": resources,
            "functions": functions,
            "state_machine": machine,
        },
        sys.stdout,
        indent=1,
    )


if __name__ == "__main__":
    main()
