"""What stories of CloudWatch need: points at instants, answers as numbers, alarms with a topic that shows what came."""

import json
from datetime import UTC, datetime, timedelta

import pytest

ACCOUNT = "000000000000"


@pytest.fixture
def cloudwatch(aws):
    return aws.client("cloudwatch")


@pytest.fixture
def minute(cloud):
    """Stand at the beginning of a minute; return it as a date, or one some minutes from it."""
    cloud.turn(60 - cloud.now / 1000 % 60 + 0.001)
    start = datetime.fromtimestamp(cloud.now // 60_000 * 60, UTC)
    return lambda count=0: start + timedelta(minutes=count)


@pytest.fixture
def put(cloudwatch):
    """Put a value, now unless told otherwise."""

    def put_value(value, name="Load", namespace="My/App", **more):
        at = {"Timestamp": more.pop("at")} if "at" in more else {}
        dimensions = [{"Name": key, "Value": text} for key, text in more.pop("dimensions", {}).items()]
        datum = {"MetricName": name, "Value": value, "Dimensions": dimensions, **at, **more}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    return put_value


def metric(id_, stat="Sum", name="Load", namespace="My/App", period=60, dimensions=None, **more):
    """Return a query of GetMetricData."""
    chosen = [{"Name": key, "Value": text} for key, text in (dimensions or {}).items()]
    meant = {"Namespace": namespace, "MetricName": name, "Dimensions": chosen}
    return {"Id": id_, "MetricStat": {"Metric": meant, "Period": period, "Stat": stat}, **more}


@pytest.fixture
def ask(cloudwatch, minute):
    """Ask queries over minutes from the standing one on; return the values of each, oldest first."""

    def get(*queries, start=0, stop=10):
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=list(queries),
            StartTime=minute(start),
            EndTime=minute(stop),
            ScanBy="TimestampAscending",
        )
        found = {}
        for result in answer["MetricDataResults"]:
            assert result["StatusCode"] == "Complete"
            found.setdefault(result["Id"], []).append(result["Values"])
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}

    return get


class Inbox:
    """A topic, and a queue in which everything published to it lies."""

    def __init__(self, aws, name):
        self._sqs = aws.client("sqs")
        sns = aws.client("sns")
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        self.url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        policy = {
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn},
            ]
        }
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps(policy)})
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=arn)

    def notifications(self):
        found = []
        while batch := self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def messages(self):
        return [json.loads(notification["Message"]) for notification in self.notifications()]


@pytest.fixture
def inbox(aws):
    return Inbox(aws, "alarms")


@pytest.fixture
def make_alarm(cloudwatch):
    """Make an alarm on a metric over 80, or as told otherwise."""

    def make(name="high", **more):
        usual = {
            "MetricName": "Load",
            "Namespace": "My/App",
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 80.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        if "Metrics" in more or "ExtendedStatistic" in more:
            for member in ("Statistic",) if "ExtendedStatistic" in more else (*list(usual)[:4],):
                del usual[member]
        if "ThresholdMetricId" in more:
            del usual["Threshold"]
        cloudwatch.put_metric_alarm(AlarmName=name, **{**usual, **more})
        return name

    return make


@pytest.fixture
def state(cloudwatch):
    """Return the state of an alarm, of whichever kind."""

    def look(name="high"):
        answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        (alarm,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
        return alarm["StateValue"]

    return look
