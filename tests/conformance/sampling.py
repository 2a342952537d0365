"""Which operations a run proves: a fixed sample, or all of them with ``SKYGLOBE_CONFORMANCE=all``."""

from __future__ import annotations

import os
import random
from collections.abc import Container

from skyglobe.models import OperationModel, load, service_names

WHOLE = os.environ.get("SKYGLOBE_CONFORMANCE") == "all"
"""Whether every operation of every service is proved, or a sample."""

ALWAYS = (
    *("apigateway", "autoscaling", "cloudformation", "cloudfront", "cloudwatch", "dynamodb", "ec2", "iam", "kinesis"),
    *("lambda", "lex-runtime", "rds", "route53", "s3", "s3control", "sns", "sqs", "stepfunctions", "sts"),
)
"""The services of each protocol, and of each oddity, that no run leaves out."""
SAMPLED_SERVICES = 30
SAMPLED_OPERATIONS = 4  # of each service and protocol
SEED = 20260101


def chosen_services() -> list[str]:
    """Return the names of the services to prove."""
    if WHOLE:
        return list(service_names())
    return sorted({*ALWAYS, *random.Random(SEED).sample(service_names(), SAMPLED_SERVICES)})


def chosen_operations(service: str, protocol: str, left_out: Container[str] = ()) -> list[OperationModel]:
    """Return the operations of ``service`` to prove in ``protocol``, but for the names ``left_out``."""
    model = load(service)
    names = [name for name in model.operation_names if name not in left_out]
    if not WHOLE:
        names = random.Random(f"{SEED}{service}{protocol}").sample(names, min(SAMPLED_OPERATIONS, len(names)))
    return [model.operation(name) for name in names]
