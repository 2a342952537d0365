"""What every CloudWatch Logs story needs: a group, a stream, and events in them."""

import pytest
from botocore.config import Config as ClientConfig

ONCE = ClientConfig(retries={"total_max_attempts": 1})


class GroupInHand:
    """A log group and the client that made it."""

    def __init__(self, client, cloud, name):
        self.client = client
        self.name = name
        self._cloud = cloud

    @property
    def described(self):
        (found,) = self.client.describe_log_groups(logGroupIdentifiers=[self.name])["logGroups"]
        return found

    @property
    def arn(self):
        return self.described["logGroupArn"]

    def make_stream(self, name):
        self.client.create_log_stream(logGroupName=self.name, logStreamName=name)

    def streams(self, **more):
        return self.client.describe_log_streams(logGroupName=self.name, **more)["logStreams"]

    def put(self, *messages, stream="s", at=None, every=0):
        """Put messages, the first at an instant (now), each ``every`` milliseconds after the one before."""
        at = self._cloud.now if at is None else at
        events = [{"timestamp": at + place * every, "message": text} for place, text in enumerate(messages)]
        return self.put_events(events, stream)

    def put_events(self, events, stream="s"):
        return self.client.put_log_events(logGroupName=self.name, logStreamName=stream, logEvents=events)

    def get(self, stream="s", **more):
        return self.client.get_log_events(logGroupName=self.name, logStreamName=stream, **more)

    def messages(self, stream="s", **more):
        return [event["message"] for event in self.get(stream, **more)["events"]]

    def find(self, pattern="", **more):
        """The messages that a pattern finds, over all pages."""
        found, token = [], {}
        while True:
            page = self.client.filter_log_events(logGroupName=self.name, filterPattern=pattern, **more, **token)
            found += [event["message"] for event in page["events"]]
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}


@pytest.fixture
def logs(aws):
    return aws.client("logs", config=ONCE)


@pytest.fixture
def make_group(cloud, logs):
    """Create a group with one stream, ``s``."""

    def make(name="/my/app", client=None, **more):
        made = client or logs
        made.create_log_group(logGroupName=name, **more)
        group = GroupInHand(made, cloud, name)
        group.make_stream("s")
        return group

    return make


@pytest.fixture
def group(make_group):
    return make_group()
