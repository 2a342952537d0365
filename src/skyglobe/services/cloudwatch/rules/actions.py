"""What alarms can do: by the ARN of the action. API reference of PutMetricAlarm."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn

MAX_ARN = 1024  # characters; API reference of PutMetricAlarm


def owner_of(arn: str) -> tuple[str, str] | None:
    """Return the service that is told of an alarm by the outbox, and as what; None when CloudWatch acts itself.

    Scaling policies are EC2 Auto Scaling's, or Application Auto Scaling's where they name a ``resource/``.
    """
    place = parse_arn(arn)
    if place.service != "autoscaling":
        return None
    kind = place.resource.partition(":")[0]
    is_application = f":{place.resource}".find(":resource/") >= 0
    return "application-autoscaling" if is_application else "autoscaling", f"alarm:{kind}"


def is_repeated(arn: str) -> bool:
    """Return whether an action is taken at each evaluation in its state, as scaling is; user guide, "Alarm actions"."""
    return owner_of(arn) is not None


def is_possible(arn: str, kind: str) -> bool:
    """Return whether alarms of a kind can have such an action at all. The service need not be built."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return False
    if len(arn) > MAX_ARN:
        return False
    if place.service in ("sns", "lambda", "ssm", "ssm-incidents", "aiops"):
        return True
    return kind == "MetricAlarm" and place.service in ("autoscaling", "automate", "swf")


def is_built(arn: str) -> bool:
    """Return whether CloudWatch can take the action here, if its owner is not another service."""
    return parse_arn(arn).service in ("sns", "lambda", "autoscaling")
