"""What was taken in before a stop lands after the start."""

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.firehose.conftest import BUCKET, make_role


def test_buffers_and_failed_deliveries_outlive_a_restart(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path))
    session = cloud.session()
    firehose, role = session.client("firehose"), make_role(session)
    configuration = {"RoleARN": role, "BucketARN": BUCKET}
    firehose.create_delivery_stream(DeliveryStreamName="d", ExtendedS3DestinationConfiguration=configuration)
    firehose.put_record(DeliveryStreamName="d", Record={"Data": b"tried"})
    cloud.turn(301)  # there is no bucket yet
    firehose.put_record(DeliveryStreamName="d", Record={"Data": b"buffered"})
    cloud.close()
    cloud = TestCloud(Config(folder=tmp_path))
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="landing")
    cloud.turn(hours=1)
    found = s3.list_objects_v2(Bucket="landing")["Contents"]
    contents = sorted(s3.get_object(Bucket="landing", Key=one["Key"])["Body"].read() for one in found)
    assert contents == [b"buffered", b"tried"]
    cloud.close()
