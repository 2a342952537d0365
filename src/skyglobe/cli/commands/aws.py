"""The AWS CLI, pointed at the cloud."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import typer

from skyglobe.cli.commands.shell import client_variables
from skyglobe.cli.failures import Failure
from skyglobe.cli.remote import find_cloud


def aws(context: typer.Context) -> None:
    """Run the AWS CLI against the cloud: [green]skyglobe aws s3 ls[/]. Everything behind "aws" is passed on to it."""
    found = find_aws(Path(sys.executable).parent)
    if found is None:
        raise Failure("The AWS CLI is not installed.", "pip install 'skyglobe[aws]', or AWS's own installer")
    cloud = find_cloud(None, None)
    environment = {**os.environ, **client_variables(cloud.endpoint, os.environ)}
    environment.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.stdout.flush()
    # Version 1 takes no notice of AWS_ENDPOINT_URL for SQS, RDS, EMR and Health, and would go to AWS itself.
    chosen = [] if "--endpoint-url" in context.args else ["--endpoint-url", cloud.endpoint]
    os.execve(found, [found, *chosen, *context.args], environment)  # noqa: S606 - nothing for a shell to interpret


def find_aws(beside: Path) -> str | None:
    """Return the AWS CLI: the one on PATH, else the one installed beside this interpreter."""
    return shutil.which("aws") or shutil.which("aws", path=str(beside))
