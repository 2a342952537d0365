"""Which principals a share may have, and which resources may be in it."""

from __future__ import annotations

import re
from typing import Literal

PrincipalKind = Literal["account", "organization", "unit", "identity", "service"]

_KINDS: tuple[tuple[PrincipalKind, re.Pattern[str]], ...] = (
    # API reference, CreateResourceShare, "principals"
    ("account", re.compile(r"\d{12}")),
    ("organization", re.compile(r"arn:aws:organizations::\d{12}:organization/o-[a-z0-9]{10,32}")),
    ("unit", re.compile(r"arn:aws:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")),
    ("identity", re.compile(r"arn:aws:iam::\d{12}:(role|user)/[\w+=,.@/-]+")),
    ("service", re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com")),
)


def find_kind(principal: str) -> PrincipalKind | None:
    """Return what kind of principal a text names, or None."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(principal)), None)


def account_of(principal: str, kind: PrincipalKind) -> str:
    """Return the account a principal belongs to; empty for organizations, units and services."""
    if kind == "account":
        return principal
    return principal.split(":")[4] if kind == "identity" else ""


SHAREABLE: dict[str, str] = {
    # RAM user guide, "Shareable AWS resources": the CloudFormation type to what RAM calls it
    "AWS::EC2::Subnet": "ec2:Subnet",
    "AWS::EC2::SecurityGroup": "ec2:SecurityGroup",
    "AWS::EC2::TransitGateway": "ec2:TransitGateway",
    "AWS::EC2::PrefixList": "ec2:PrefixList",
    "AWS::EC2::CapacityReservation": "ec2:CapacityReservation",
    "AWS::EC2::Host": "ec2:DedicatedHost",
    "AWS::EC2::IPAMPool": "ec2:IpamPool",
    "AWS::ACMPCA::CertificateAuthority": "acm-pca:CertificateAuthority",
    "AWS::RDS::DBCluster": "rds:Cluster",
    "AWS::Route53Resolver::ResolverRule": "route53resolver:ResolverRule",
    "AWS::Route53Resolver::FirewallRuleGroup": "route53resolver:FirewallRuleGroup",
    "AWS::SSM::Parameter": "ssm:Parameter",
    "AWS::CodeBuild::Project": "codebuild:Project",
    "AWS::Glue::Database": "glue:Database",
    "AWS::Glue::Table": "glue:Table",
    "AWS::S3::AccessGrantsInstance": "s3:AccessGrants",
}

KEEPERS = {"s3": "s3control"}
"""The services, as botocore has them, that keep what ARNs ascribe to another."""

_SOURCES: tuple[tuple[str, re.Pattern[str]], ...] = (
    # API reference, CreateResourceShare, "sources": accounts, ARNs, organization IDs, or organization paths
    ("aws:SourceAccount", re.compile(r"\d{12}")),
    ("aws:SourceArn", re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:.+")),
    ("aws:SourceOrgID", re.compile(r"o-[a-z0-9]{10,32}")),
    ("aws:SourceOrgPaths", re.compile(r"o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}/[0-9a-z/*-]*")),
)
SOURCE_TYPES = {
    "aws:SourceAccount": "ACCOUNT",
    "aws:SourceArn": "ARN",
    "aws:SourceOrgID": "ORGANIZATION_ID",
    "aws:SourceOrgPaths": "ORGANIZATION_PATH",
}


def find_source_key(source: str) -> str | None:
    """Return the condition key that a source of service principals' calls is compared with, or None."""
    return next((key for key, pattern in _SOURCES if pattern.fullmatch(source)), None)
