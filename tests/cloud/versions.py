"""Does each deployment publish new versions, and does every caller use the alias? `make template` runs it.

SAM's own transform makes the template that CloudFormation gets. It runs here twice, with one change between the runs.
"""

import json
import logging
import os
import pathlib
import sys

import samtranslator.parser.parser as sam
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# The transform asks boto3 for the Region, and logs warnings about its own metrics.
os.environ["AWS_DEFAULT_REGION"] = "eu-central-1"
logging.disable(logging.WARNING)

TEMPLATE = pathlib.Path(__file__).parents[2] / "template.yaml"
FUNCTIONS = ["Login", "Refresh", "Sessions", "Revoke", "Authorizer", "Cleanup", "Notify"]


def transformed(**parameters):
    template = yaml_parse(TEMPLATE.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # sam deploy replaces the folder by the address of its upload.
            resource["Properties"]["CodeUri"] = "s3://bucket/code"
    given = {name: it.get("Default", "given") for name, it in template["Parameters"].items()} | parameters
    return Translator({}, sam.Parser()).translate(template, given)


def versions(template):
    return {name for name, it in template["Resources"].items() if it["Type"] == "AWS::Lambda::Version"}


def deletions(template):
    """The deletion policies of the versions."""
    return {it["DeletionPolicy"] for it in template["Resources"].values() if it["Type"] == "AWS::Lambda::Version"}


def expect(what, holds):
    if not holds:
        sys.exit(f"template.yaml: {what}")
    print(f"  ok  {what}")


def callers(resources):
    """Every place that names a function to call it."""
    for name, it in resources.items():
        if it["Type"] == "AWS::ApiGatewayV2::Integration":
            yield name, it["Properties"]["IntegrationUri"]
        if it["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"):
            yield name, it["Properties"]["FunctionName"]
        if it["Type"] == "AWS::Scheduler::Schedule":
            yield name, it["Properties"]["Target"]["Arn"]


def main():
    old = transformed(ReleaseHash="a" * 64, KeysSecretVersionId="1" * 32)
    expect("every function has a version", len(versions(old)) == len(FUNCTIONS))
    new_keys = transformed(ReleaseHash="a" * 64, KeysSecretVersionId="2" * 32)
    expect("new keys alone publish no version: hence ReleaseHash", versions(new_keys) == versions(old))
    released = transformed(ReleaseHash="b" * 64, KeysSecretVersionId="2" * 32)
    expect("a new ReleaseHash publishes a version of every function", not versions(released) & versions(old))
    expect("old versions are deleted, because their settings hold old keys", deletions(old) == {"Delete"})

    aliases = {f"{name}FunctionAliaslive" for name in FUNCTIONS}
    for name, target in callers(old["Resources"]):
        expect(f"{name} calls an alias", target.get("Ref") in aliases)
    expect("AuthorizerArn is the alias", old["Outputs"]["AuthorizerArn"]["Value"] == {"Ref": "AuthorizerFunctionAliaslive"})
    schedule = json.dumps(old["Resources"]["ScheduleRole"]["Properties"]["Policies"])
    expect("the schedule's role may invoke the alias", '{"Ref": "CleanupFunctionAliaslive"}' in schedule)

    kinds = lambda template: [it["Type"] for it in template["Resources"].values()]
    expect("without GradualDeployment there is no CodeDeploy", "AWS::CodeDeploy::Application" not in kinds(old))
    gradual = transformed(ReleaseHash="a" * 64, GradualDeployment="true")
    groups = [it["Properties"] for it in gradual["Resources"].values() if it["Type"] == "AWS::CodeDeploy::DeploymentGroup"]
    expect("with it every function has a deployment group", len(groups) == len(FUNCTIONS))
    alarms = [{"Name": {"Ref": f"{name}Alarm"}} for name in ("Errors", "Failures", "StoreUnavailable")]
    expect("alarms roll back", all(it["AlarmConfiguration"]["Alarms"] == alarms for it in groups))
    role = {"Fn::GetAtt": ["DeploymentRole", "Arn"]}
    expect("CodeDeploy has the role with the boundary", all(it["ServiceRoleArn"] == role for it in groups))

    provisioned = transformed(ReleaseHash="a" * 64, RefreshProvisionedConcurrency=5)
    alias = provisioned["Resources"]["RefreshFunctionAliaslive"]["Properties"]["ProvisionedConcurrencyConfig"]
    expect("provisioned concurrency belongs to the alias of refresh", '"RefreshProvisionedConcurrency"' in json.dumps(alias))


if __name__ == "__main__":
    main()
