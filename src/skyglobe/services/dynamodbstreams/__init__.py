"""Amazon DynamoDB Streams: the changes of a table's items, in order, for 24 hours.

One service of AWS's with DynamoDB, in a model of its own: it reads the log that DynamoDB writes.
"""

from skyglobe.kernel.service import Service

dynamodbstreams = Service("dynamodbstreams", parts=("operations", "needs"))
