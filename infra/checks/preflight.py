"""Whether an AWS account is ready for the first deployment of a stack: looks, and changes nothing.

Prints a line for each thing that it looked at. Ends with 1 if something stands in the way.
"""

import argparse
import os
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

# What AWS keeps for functions that reserve nothing.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100


def code_of(error):
    """What AWS calls it; nothing, if it is no answer of AWS."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else None


class Account:
    """The account that the credentials belong to, and what stands in the way."""

    def __init__(self, session):
        self.session = session
        self.problems = 0

    def client(self, service):
        # Some versions of the SDK look at this variable for some services only.
        return self.session.client(service, endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))

    def good(self, text):
        print(f"ok       {text}")

    def problem(self, text, what_to_do):
        self.problems += 1
        print(f"problem  {text}\n         {what_to_do}")

    def unknown(self, text, what_to_do):
        print(f"unknown  {text}\n         {what_to_do}")

    def credentials(self):
        """Whose they are. Nothing else can be asked without them."""
        try:
            identity = self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            self.problem(f"no credentials for AWS that work: {error}", "Set AWS_PROFILE and AWS_REGION, or log in.")
            return False
        self.good(f"credentials of {identity['Arn']}, region {self.session.region_name}")
        return True

    def stack_exists(self, stack):
        """Whether there is such a stack already, and if so, whether it can be deployed to. None if that is not known."""
        try:
            status = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except (BotoCoreError, ClientError) as error:
            if code_of(error) in ("ValidationError", "ValidationException"):
                self.good(f"there is no stack {stack} yet")
                return False
            self.unknown(f"the stack could not be looked at: {error}", "Allow cloudformation:DescribeStacks.")
            return None
        if status == "REVIEW_IN_PROGRESS":
            # A change set that nobody has carried out: there is nothing of it yet.
            self.good(f"the stack {stack} is {status}: nothing of it is deployed yet")
            return False
        if status == "UPDATE_ROLLBACK_FAILED":
            self.problem(
                f"the stack {stack} is {status}, and can't be deployed to",
                f"Finish that first: aws cloudformation continue-update-rollback --stack-name {stack}",
            )
        elif status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED"):
            self.problem(
                f"the stack {stack} is {status}, and can't be deployed to",
                f"Delete it first: sam delete --stack-name {stack}",
            )
        elif status.endswith("_IN_PROGRESS"):
            self.problem(f"the stack {stack} is {status}", "Wait until that has ended.")
        else:
            self.good(f"the stack {stack} is {status}: this deployment updates it")
        return True

    def concurrency(self, needed):
        """Whether so many concurrent executions can be reserved."""
        if needed == 0:
            self.good("nothing is reserved of the account's concurrent executions")
            return
        try:
            limit = self.client("lambda").get_account_settings()["AccountLimit"]
            left = limit["UnreservedConcurrentExecutions"]
        except (BotoCoreError, ClientError, KeyError) as error:
            self.unknown(
                f"the account's concurrent executions could not be asked for: {error}",
                "Allow lambda:GetAccountSettings.",
            )
            return
        if left - needed >= UNRESERVED:
            self.good(f"{left} concurrent executions are free, {needed} are reserved, {UNRESERVED} must stay")
            return
        self.problem(
            f"{left} concurrent executions are free; {needed} are to be reserved, and {UNRESERVED} must stay",
            "Ask for a higher quota (Concurrent executions), or deploy with MaxConcurrency=1, or with "
            "MaxConcurrency=-1, which reserves nothing.",
        )

    def leftovers(self, stack, functions, secrets):
        """What a stack of that name that was deleted has left behind: its names are taken."""
        prefix = f"/aws/lambda/{stack}-"
        # acme-test's begin like acme's.
        ours = {prefix + name for name in functions}
        try:
            pages = self.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
            names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
            groups = [name for name in names if name in ours]
        except (BotoCoreError, ClientError) as error:
            self.unknown(f"log groups could not be listed: {error}", "Allow logs:DescribeLogGroups.")
            groups = None
        if groups:
            self.problem(
                f"{len(groups)} log groups {prefix}… are there already, of an earlier stack",
                f"Delete them (they hold audit records), or take another name than {stack}.",
            )
        elif groups is not None:
            self.good(f"no log group is called {prefix}… as one of its functions is")
        for name in secrets:
            try:
                found = self.client("secretsmanager").describe_secret(SecretId=name)
            except (BotoCoreError, ClientError) as error:
                if code_of(error) == "ResourceNotFoundException":
                    self.good(f"no secret is called {name}")
                else:
                    self.unknown(f"{name} could not be looked at: {error}", "Allow secretsmanager:DescribeSecret.")
                continue
            if found.get("DeletedDate"):
                self.problem(
                    f"a secret {name} is waiting to be deleted, and keeps its name until then",
                    f"Restore it: aws secretsmanager restore-secret --secret-id {name}",
                )
            else:
                self.problem(
                    f"a secret {name} is there already",
                    f"Name it as a parameter (ConsoleSecretArns or PlatformSecretArn): {found['ARN']}",
                )


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("stack", help="the stack's name")
    arguments.add_argument("--reserved", type=int, required=True, help="how many executions its functions reserve")
    arguments.add_argument("--longest", type=int, required=True, help="how long its name may be")
    arguments.add_argument("--function", action="append", default=[], help="a function that the stack creates")
    arguments.add_argument("--secret", action="append", default=[], help="a secret that the stack creates")
    chosen = arguments.parse_args()
    try:
        account = Account(boto3.Session())
    except BotoCoreError as error:
        sys.exit(f"problem  {error}\n         Set AWS_PROFILE and AWS_REGION, or log in.")
    if account.credentials():
        if len(chosen.stack) > chosen.longest:
            account.problem(f"the name {chosen.stack} is too long", f"At most {chosen.longest} characters.")
        exists = account.stack_exists(chosen.stack)
        if not exists:
            account.concurrency(chosen.reserved)
        # What a stack has that could not be looked at is not left over.
        if exists is False:
            account.leftovers(chosen.stack, chosen.function, chosen.secret)
    sys.exit(1 if account.problems else 0)


if __name__ == "__main__":
    main()
