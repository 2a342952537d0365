"""What all tests share: none of them fails because the machine is busy, and boto3 costs them no more than it must."""

from functools import cache

import botocore.useragent
from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Twice for each call, botocore looks at every letter of what it says of itself: a tenth of the time boto3 takes.
botocore.useragent.sanitize_user_agent_string_component = cache(botocore.useragent.sanitize_user_agent_string_component)
