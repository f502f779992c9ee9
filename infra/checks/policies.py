"""Every policy of a translated template, through parliament, and whether any names all resources.

Prints one JSON object a line: {"policy", "issue", "detail"}. Conditions are taken to hold: that is when
most is allowed.
"""

import json
import re
import sys
from pathlib import Path

from parliament import analyze_policy_string

ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "acme"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
# What `Ref` gives for a resource, where that is an ARN, and what `GetAtt Arn` does for others.
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
}
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:given-AbCdEf"
PARAMETERS = {
    "ConsoleSecretArns": [SECRET],
    "DeliverySecretArns": [SECRET],
    "PasswordSecretArns": [SECRET],
    "PlatformSecretArn": SECRET,
    "SecretsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-4333-8444-555555555555",
}


class Resolver:
    """Intrinsic functions, as far as the policies use them."""

    def __init__(self, template):
        self.resources = template["Resources"]

    def arn(self, name):
        pattern = ARNS[self.resources[name]["Type"]]
        return pattern.format(account=ACCOUNT, region=REGION, name=name)

    def ref(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        return PARAMETERS[name] if name in PARAMETERS else self.arn(name)

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("Ref", name)]:
                return self.ref(name)
            case [("Fn::GetAtt", [name, "Arn"])]:
                return self.arn(name)
            case [("Fn::Sub", text)]:
                return re.sub(r"\$\{([^}]+)\}", lambda found: self.ref(found[1]), text)
            case [("Fn::If", [_, held, _])]:
                return self.resolve(held)
            case [("Fn::Select", [index, items])]:
                return self.resolve(items)[int(index)]
            case members:
                return {name: self.resolve(member) for name, member in members}


def documents(template):
    """The identity policies of a template, by name."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield name, properties["PolicyDocument"]
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                yield f"{name}/{policy['PolicyName']}", policy["PolicyDocument"]


def as_list(value):
    return value if isinstance(value, list) else [value]


def main():
    template = json.loads(Path(sys.argv[1]).read_text())
    resolver = Resolver(template)
    for name, document in documents(template):
        document = resolver.resolve(document)
        for statement in as_list(document["Statement"]):
            wild = [action for action in as_list(statement["Action"]) if "*" in action]
            if "*" in as_list(statement["Resource"]) and statement["Effect"] == "Allow":
                wild.append("Resource *")
            for what in wild:
                print(json.dumps({"policy": name, "issue": "WILDCARD", "detail": what}))
        for finding in analyze_policy_string(json.dumps(document)).findings:
            found = {"policy": name, "issue": finding.issue, "detail": str(finding.detail)}
            print(json.dumps(found))


if __name__ == "__main__":
    main()
