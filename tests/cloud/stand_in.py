"""ministack, a stand-in for AWS that is independent of the engine in the local server."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_ready(process, endpoint, log):
    for _ in range(120):
        if process.poll() is not None:
            sys.exit(f"ministack ended: see {log}")
        # Nothing listens yet, or it is too busy to respond: both are kinds of OSError, as is a time-out while reading.
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2).close()
            return
        time.sleep(0.5)
    sys.exit("ministack does not respond")


@contextlib.contextmanager
def stand_in(folder, region):
    """Runs ministack and yields its URL. It listens on loopback only and keeps its files in the folder."""
    port, scratch = free_port(), folder / "ministack"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    own = {"PATH": os.environ["PATH"], "HOME": str(scratch), "TMPDIR": str(scratch), "MINISTACK_REGION": region}
    own |= {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "false", "SFTP_ENABLED": "false"}
    # The functions get this value, too.
    own |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    # An interrupted program ends ministack, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("interrupted"))
    program = pathlib.Path(os.environ["MINISTACK_PYTHON"]) / "bin/ministack"
    with (folder / "ministack.log").open("w") as log:
        process = subprocess.Popen([program], env=own, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until_ready(process, f"http://127.0.0.1:{port}", log.name)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
            # The functions that it started are in its process group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
