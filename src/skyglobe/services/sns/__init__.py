"""Amazon Simple Notification Service: topics, subscriptions, filters, deliveries, mobile push and SMS.

Messages go where subscriptions say: into queues with the queue's own permission, over real HTTP to servers that
confirmed; mail, SMS and push messages are captured for their sender to read. ``docs/services/sns.md`` has the details.
"""

from skyglobe.kernel.service import Service

# Links in confirmation mails and unsubscribe links are followed by browsers, which sign nothing.
sns = Service(
    "sns",
    parts=(
        "operations.topics",
        "operations.topic_attributes",
        "operations.permissions",
        "operations.tags",
        "operations.subscriptions",
        "operations.subscription_attributes",
        "operations.confirming",
        "operations.listing",
        "operations.publish",
        "operations.batches",
        "operations.platform_applications",
        "operations.platform_endpoints",
        "operations.sms",
        "operations.sandbox",
        "operations.data_protection",
        "engine",
        "feedback",
        "findings",
        "applications",
        "replaying",
        "needs",
        "signing",
    ),
    anonymous=("ConfirmSubscription", "Unsubscribe"),
    denied="AuthorizationError",
)
