// One story through the AWS SDK for JavaScript v3. Prints what it saw as JSON.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { CreateBucketCommand, DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, DeleteMessageCommand, QueueDoesNotExist, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Upload } from "@aws-sdk/lib-storage";

const sts = new STSClient({}), sqs = new SQSClient({}), s3 = new S3Client({ forcePathStyle: true });
const seen = {};

seen.arn = (await sts.send(new GetCallerIdentityCommand({}))).Arn;

const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "from-javascript" }));
await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello 𝔘", MessageAttributes: { n: { DataType: "Number", StringValue: "7" } } }));
const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 5 }));
seen.body = Messages[0].Body;
seen.attribute = Messages[0].MessageAttributes.n.StringValue;
await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
try {
  await sqs.send(new SendMessageCommand({ QueueUrl: QueueUrl + "-not", MessageBody: "x" }));
} catch (error) {
  seen.error = error instanceof QueueDoesNotExist ? "QueueDoesNotExist" : String(error);
}

const Bucket = "from-javascript";
await s3.send(new CreateBucketCommand({ Bucket }));
await s3.send(new PutObjectCommand({ Bucket, Key: "ä b/c+d", Body: "small", Metadata: { a: "b" } }));
const small = await s3.send(new GetObjectCommand({ Bucket, Key: "ä b/c+d" }));
seen.small = await small.Body.transformToString();
seen.metadata = small.Metadata;
const data = Buffer.alloc(12 * 1024 * 1024, "abcdefg");
await new Upload({ client: s3, params: { Bucket, Key: "large", Body: Readable.from([data.subarray(0, 7000000), data.subarray(7000000)]) } }).done();
const large = await (await s3.send(new GetObjectCommand({ Bucket, Key: "large" }))).Body.transformToByteArray();
seen.same = createHash("sha256").update(large).digest("hex") === createHash("sha256").update(data).digest("hex");
seen.keys = (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents.map((found) => found.Key);
seen.deleted = (await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: seen.keys.map((Key) => ({ Key })) } }))).Deleted.length;
console.log(JSON.stringify(seen));
