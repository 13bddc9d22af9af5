"""Deploys the template to a stand-in for AWS and uses it through its HTTP API: `make cloud`.

    sam build ─▶ without.py ─▶ ministack on a free loopback port ─▶ sam deploy ─▶ story.py

`SAM_BUILD_MODE=debug make cloud` builds the functions without optimisation, which is much faster. The stack, its keys and the
stand-in live in target/cloud and end with this program.
"""

import json
import os
import pathlib
import platform
import subprocess
import sys

import boto3
import story
from identity_provider import IdentityProvider
from stand_in import stand_in

ROOT = pathlib.Path(__file__).parents[2]
WORK = ROOT / "target/cloud"
REGION = "eu-central-1"
DOMAIN = "auth.example.com"
SAM = pathlib.Path(sys.executable).with_name("sam")
ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def environment(endpoint=None):
    """The environment of the SAM CLI: the credentials of no account, and the stand-in as the endpoint of every service."""
    own = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    own["PATH"] = f"{SAM.parent}{os.pathsep}{own['PATH']}"
    return {**own, "AWS_ENDPOINT_URL": endpoint} if endpoint else own


def build():
    """Builds the functions for this machine, and returns the template without the resources that the stand-in lacks."""
    folders = ["--build-dir", WORK / "build", "--cache-dir", WORK / "cache"]
    overrides = ["--parameter-overrides", f"Architecture={ARCHITECTURE}"]
    run(SAM, "build", "--region", REGION, *folders, *overrides, cwd=ROOT, env=environment())
    smaller = WORK / "build/stand-in.yaml"
    with smaller.open("w") as out:
        run(sys.executable, ROOT / "tests/cloud/without.py", WORK / "build/template.yaml", stdout=out)
    return smaller


def store_keys(client):
    """Stores a new key set as the guide does, and returns the parameters that name it."""
    tool = ROOT / "target/debug/latchkey-local"
    keys = WORK / "keys.json"
    keys.write_bytes(run(tool, "keygen", stdout=subprocess.PIPE).stdout)
    secret = run(tool, "secret", keys, stdout=subprocess.PIPE, text=True).stdout
    keys.unlink()
    stored = client.create_secret(Name="latchkey/keys", SecretString=secret)
    return {"KeysSecretArn": stored["ARN"], "KeysSecretVersionId": stored["VersionId"]}


def deploy(template, endpoint, parameters):
    values = WORK / "parameters.yaml"
    values.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in parameters.items()))
    flags = ["--stack-name", "latchkey", "--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--no-confirm-changeset"]
    chosen = ["--template-file", template, "--parameter-overrides", f"file://{values}"]
    run(SAM, "deploy", "--region", REGION, *flags, *chosen, cwd=WORK, env=environment(endpoint))


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    template = build()
    provider = IdentityProvider()
    with stand_in(WORK, REGION) as endpoint:
        credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        session = boto3.Session(region_name=REGION, **credentials)
        keys = store_keys(session.client("secretsmanager", endpoint_url=endpoint))
        certificate = f"arn:aws:acm:{REGION}:000000000000:certificate/00000000-0000-4000-8000-000000000000"
        own = {"Audience": "https://app.example.com", "TrustedIssuers": provider.trusted_issuers(), "AuthorizerMode": "strict"}
        own |= {"ReleaseHash": "0" * 64, "DomainName": DOMAIN, "CertificateArn": certificate, "DeletionProtection": "false", "Architecture": ARCHITECTURE}
        deploy(template, endpoint, own | keys)
        stack = session.client("cloudformation", endpoint_url=endpoint).describe_stacks(StackName="latchkey")["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        story.tell(story.Api(endpoint, DOMAIN), provider, session.client("lambda", endpoint_url=endpoint), outputs)
    print("\nThe deployed functions answered as expected.")


if __name__ == "__main__":
    main()
