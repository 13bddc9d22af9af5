"""Runs tests of sessions on ministack instead of the embedded engine: `make contract`.

    contract.py refresh:: revoke::        the filters of nextest

The two are independent implementations of DynamoDB, so that the tests do not depend on the habits of one of them.
"""

import os
import pathlib
import subprocess
import sys

from stand_in import stand_in

ROOT = pathlib.Path(__file__).parents[2]
# ministack is one process in Python, and a request that takes over 2.5 s is a 503: hence one test at a time, and retries.
NEXTEST = ["cargo", "nextest", "run", "-p", "latchkey-tests", "--test", "it", "--test-threads", "1", "--retries", "2"]


def main():
    folder = ROOT / "target/contract"
    folder.mkdir(parents=True, exist_ok=True)
    with stand_in(folder, "us-east-1") as url:
        # us-east-1 is the Region of the tests, and ministack keeps the tables of each Region apart.
        own = {**os.environ, "LATCHKEY_TEST_DYNAMODB": url, "AWS_REGION": "us-east-1"}
        return subprocess.run([*NEXTEST, "--no-fail-fast", *sys.argv[1:]], cwd=ROOT, env=own).returncode


if __name__ == "__main__":
    sys.exit(main())
