"""A cloud that writes what is to be replicated, and is killed before it is. Run with the folder to work in."""

import os
import signal
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.services.s3.replicas import ALL_ACTIONS, make_bucket, make_role, put_rules, rule


def main(folder: Path) -> None:
    cloud = TestCloud(Config(folder=folder))
    session = cloud.session()
    s3 = make_bucket(session, "orchard")
    make_bucket(session, "orchard-copy", "eu-west-1")
    put_rules(s3, "orchard", make_role(session, "replicator", *ALL_ACTIONS), rule())
    cloud.kernel.outbox.stop()
    for at in range(20):
        s3.put_object(Bucket="orchard", Key=f"apple {at}", Body=b"a" * (at * 20_000))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
