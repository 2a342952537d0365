"""The condition keys that every service knows."""

from __future__ import annotations

GLOBAL_KEYS = frozenset(
    {
        *("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:currenttime", "aws:epochtime"),
        *("aws:federatedprovider", "aws:multifactorauthage", "aws:multifactorauthpresent", "aws:principalaccount"),
        *("aws:principalarn", "aws:principalisawsservice", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:principalservicename", "aws:principalservicenameslist", "aws:principaltype", "aws:referer"),
        *("aws:requestedregion", "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"),
        *("aws:securetransport", "aws:sourceaccount", "aws:sourcearn", "aws:sourceidentity", "aws:sourceip"),
        *("aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpce", "aws:tagkeys"),
        *("aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice"),
        *("aws:vpcsourceip", "aws:assumedroot", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4"),
        *("aws:ischatbotorigin", "aws:chatbotsourcearn", "aws:sourceowner", "aws:vpceaccount", "aws:vpceorgid"),
        *("aws:vpceorgpaths", "aws:signinsessionarn", "aws:ismcpserviceaction"),
        "aws:principalorgmasteraccountid",
    }
)
"""IAM user guide, "AWS global condition context keys", and two more that AWS's own policies use."""
