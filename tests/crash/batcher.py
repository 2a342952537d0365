"""A cloud that works on a batch job, and is killed in the middle of it. Run with the folder to work in."""

import os
import signal
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.services.s3.replicas import make_role

KEYS = 1_000


def main(folder: Path) -> None:
    cloud = TestCloud(Config(folder=folder))
    session = cloud.session()
    s3, control = session.client("s3"), session.client("s3control")
    s3.create_bucket(Bucket="orchard")
    for key in range(20):
        s3.put_object(Bucket="orchard", Key=f"apple-{key}", Body=b"a")
    rows = "".join(f"orchard,apple-{key % 20}\n" for key in range(KEYS))
    etag = s3.put_object(Bucket="orchard", Key="manifest.csv", Body=rows.encode())["ETag"]
    place = {"ObjectArn": "arn:aws:s3:::orchard/manifest.csv", "ETag": etag}
    spec = {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}
    account = session.client("sts").get_caller_identity()["Account"]
    job = control.create_job(
        AccountId=account,
        ConfirmationRequired=False,
        Operation={"S3PutObjectTagging": {"TagSet": [{"Key": "state", "Value": "ripe"}]}},
        Report={
            "Enabled": True,
            "Bucket": "arn:aws:s3:::orchard",
            "Format": "Report_CSV_20180820",
            "ReportScope": "AllTasks",
        },
        ClientRequestToken="t",
        Priority=1,
        RoleArn=make_role(session, "batch", "s3:*", services=("batchoperations.s3.amazonaws.com",)),
        Manifest={"Spec": spec, "Location": place},
    )["JobId"]

    while not control.describe_job(AccountId=account, JobId=job)["Job"]["ProgressSummary"]["NumberOfTasksSucceeded"]:
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
