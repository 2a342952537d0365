"""Which services have service-linked roles, what these are called, and by what policy they work.

Names and policies are those of each service's own guide, section "Using service-linked roles".
"""

from __future__ import annotations

import json
from typing import NamedTuple


class LinkedRole(NamedTuple):
    """The service-linked role of one service."""

    name: str
    policy: str
    """Name of AWS's policy under ``/aws-service-role/``."""
    takes_suffix: bool = False


LINKED_ROLES: dict[str, LinkedRole] = {
    "access-analyzer.amazonaws.com": LinkedRole("AWSServiceRoleForAccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
    "autoscaling.amazonaws.com": LinkedRole(
        "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy", takes_suffix=True
    ),
    "backup.amazonaws.com": LinkedRole("AWSServiceRoleForBackup", "AWSBackupServiceLinkedRolePolicyForBackup"),
    "batch.amazonaws.com": LinkedRole("AWSServiceRoleForBatch", "BatchServiceRolePolicy"),
    "cloudtrail.amazonaws.com": LinkedRole("AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy"),
    "config.amazonaws.com": LinkedRole("AWSServiceRoleForConfig", "AWSConfigServiceRolePolicy"),
    "contributorinsights.dynamodb.amazonaws.com": LinkedRole(
        "AWSServiceRoleForDynamoDBCloudWatchContributorInsights",
        "DynamoDBCloudWatchContributorInsightsServiceRolePolicy",
    ),
    "dax.amazonaws.com": LinkedRole("AWSServiceRoleForDAX", "DAXServiceRolePolicy"),
    "delivery.logs.amazonaws.com": LinkedRole("AWSServiceRoleForLogDelivery", "AWSServiceRoleForLogDeliveryPolicy"),
    "dynamodb.application-autoscaling.amazonaws.com": LinkedRole(
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable", "AWSApplicationAutoscalingDynamoDBTablePolicy"
    ),
    "ecs.amazonaws.com": LinkedRole("AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"),
    "eks.amazonaws.com": LinkedRole("AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy"),
    "eks-nodegroup.amazonaws.com": LinkedRole(
        "AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"
    ),
    "elasticache.amazonaws.com": LinkedRole("AWSServiceRoleForElastiCache", "ElastiCacheServiceRolePolicy"),
    "elasticbeanstalk.amazonaws.com": LinkedRole(
        "AWSServiceRoleForElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"
    ),
    "elasticfilesystem.amazonaws.com": LinkedRole(
        "AWSServiceRoleForAmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"
    ),
    "elasticloadbalancing.amazonaws.com": LinkedRole(
        "AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"
    ),
    "guardduty.amazonaws.com": LinkedRole("AWSServiceRoleForAmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"),
    "inspector2.amazonaws.com": LinkedRole("AWSServiceRoleForAmazonInspector2", "AmazonInspector2ServiceRolePolicy"),
    "kafka.amazonaws.com": LinkedRole("AWSServiceRoleForKafka", "KafkaServiceRolePolicy"),
    "lambda.application-autoscaling.amazonaws.com": LinkedRole(
        "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency", "AWSApplicationAutoscalingLambdaConcurrencyPolicy"
    ),
    "macie.amazonaws.com": LinkedRole("AWSServiceRoleForAmazonMacie", "AmazonMacieServiceRolePolicy"),
    "ops.apigateway.amazonaws.com": LinkedRole("AWSServiceRoleForAPIGateway", "APIGatewayServiceRolePolicy"),
    "organizations.amazonaws.com": LinkedRole("AWSServiceRoleForOrganizations", "AWSOrganizationsServiceTrustPolicy"),
    "rds.amazonaws.com": LinkedRole("AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"),
    "redshift.amazonaws.com": LinkedRole("AWSServiceRoleForRedshift", "AmazonRedshiftServiceLinkedRolePolicy"),
    "replication.dynamodb.amazonaws.com": LinkedRole(
        "AWSServiceRoleForDynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"
    ),
    "replicator.lambda.amazonaws.com": LinkedRole("AWSServiceRoleForLambdaReplicator", "AWSLambdaReplicator"),
    "securityhub.amazonaws.com": LinkedRole("AWSServiceRoleForSecurityHub", "AWSSecurityHubServiceRolePolicy"),
    "spot.amazonaws.com": LinkedRole("AWSServiceRoleForEC2Spot", "AWSEC2SpotServiceRolePolicy"),
    "spotfleet.amazonaws.com": LinkedRole("AWSServiceRoleForEC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy"),
    "ssm.amazonaws.com": LinkedRole("AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy"),
    "sso.amazonaws.com": LinkedRole("AWSServiceRoleForSSO", "AWSSSOServiceRolePolicy"),
    "support.amazonaws.com": LinkedRole("AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy"),
    "transitgateway.amazonaws.com": LinkedRole(
        "AWSServiceRoleForVPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy"
    ),
    "trustedadvisor.amazonaws.com": LinkedRole("AWSServiceRoleForTrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy"),
}


def linked_trust(service: str) -> str:
    """Return the trust policy of a service-linked role: the service, and nobody else."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def linked_name(linked: LinkedRole, suffix: str | None) -> str:
    """Return the name of a service-linked role: ``AWSServiceRoleForAutoScaling_CustomSuffix``."""
    return f"{linked.name}_{suffix}" if suffix else linked.name
