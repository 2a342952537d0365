"""Calls made within the cloud, without boto3, which takes ten times as long as most of them.

They are for what a story needs a lot of and is not about: everything that applies to a call does, but for the wire.
"""

from botocore.exceptions import ClientError

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import root_of
from skyglobe.models import load
from skyglobe.models.names import snake_case

ACCOUNT, REGION = "000000000000", "us-east-1"


def calls_within(cloud, account=ACCOUNT):
    """Call an operation many times as an account's root: ``call("iam", "CreateGroup", [{"GroupName": "a"}, …])``."""

    def call(service, operation, inputs):
        async def work():
            invoke, root = cloud.kernel.invoke, root_of(account)
            return [await invoke(root, account, REGION, service, operation, given) for given in inputs]

        return cloud.run(work())

    return call


class ClientWithin:
    """Speaks as boto3's client of a service does: operations are methods, errors are ``ClientError``.

    Their codes are the model's own; older names that a protocol writes instead are the wire's affair.
    """

    def __init__(self, cloud, service, account=ACCOUNT):
        self._call = calls_within(cloud, account)
        self._service = service
        self._operations = {snake_case(name): name for name in load(service).operation_names}

    def __getattr__(self, name):
        operation = self._operations[name]

        def call(**given):
            try:
                (answer,) = self._call(self._service, operation, [given])
            except ServiceError as error:
                told = {"Error": {"Code": error.code, "Message": error.message}}
                raise ClientError(told, operation) from error
            return answer

        return call
