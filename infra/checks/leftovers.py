"""Leaves in moto what a stack that was deleted leaves behind: a log group and a secret. And a log group of another stack."""

import sys

import boto3


def main():
    endpoint, stack = sys.argv[1:]
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "example", region_name="us-east-1")
    logs = session.client("logs", endpoint_url=endpoint)
    # The second is another stack's, whose name begins like this one's.
    for name in (f"{stack}-disable-user", f"{stack}-test-disable-user"):
        logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    session.client("secretsmanager", endpoint_url=endpoint).create_secret(Name=f"{stack}/console")


if __name__ == "__main__":
    main()
