"""Translates the SAM template with AWS's own translator: template -> CloudFormation, as JSON.

As CloudFormation would, it is given the parameters' defaults; like `sam package`, it puts a place in S3
where the template names a file.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

BUCKET = "deploy-check"


class ManagedPolicies:
    """AWS's managed policies by name; the template uses none, and must not begin to."""

    def load(self):
        return get_bundled_managed_policy_map("aws")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("template", type=Path)
    arguments.add_argument("--region", default="us-east-1")
    chosen = arguments.parse_args()
    os.environ["AWS_DEFAULT_REGION"] = chosen.region
    template = yaml_parse(chosen.template.read_text())
    for resource in template["Resources"].values():
        code = resource.get("Properties", {}).get("CodeUri")
        if code:
            resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{Path(code).name}"
    parameters = {"AWS::Region": chosen.region, "AWS::Partition": "aws"}
    try:
        translated = transform(template, parameters, ManagedPolicies())
    except InvalidDocumentException as refused:
        for cause in refused.causes:
            print(f"{chosen.template}: {cause.message}", file=sys.stderr)
        return 1
    json.dump(translated, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
