"""The access keys that IAM and STS issued: where the gateway looks a caller up."""

from __future__ import annotations

from skyglobe.kernel.principals import Credential
from skyglobe.kernel.tables import Table

credentials: Table[Credential] = Table("kernel.credentials", Credential, key=("access_key_id",), reach="global")
