"""AWS Security Token Service: who am I, whose key is this, and temporary credentials.

Credentials it issues are kept in the kernel's table of keys, where the gateway verifies signatures, session tokens
and expiry. Operations that assume roles or federate need IAM and are not built yet.
"""

from skyglobe.kernel.service import Service

sts = Service("sts", parts=("operations", "needs"))
