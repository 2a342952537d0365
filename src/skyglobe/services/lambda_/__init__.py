"""AWS Lambda: functions that really run, in processes of their own.

``docs/services/lambda.md`` says what is real.
"""

from skyglobe.kernel.service import Service

lambda_ = Service("lambda", parts=())
