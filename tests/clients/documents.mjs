// DynamoDB through the document client of the AWS SDK for JavaScript v3. Prints what it saw as JSON.
import { ConditionalCheckFailedException, CreateTableCommand, DynamoDBClient, TransactionCanceledException, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-dynamodb-streams";
import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand, paginateQuery, PutCommand, TransactWriteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";

const client = new DynamoDBClient({}), documents = DynamoDBDocumentClient.from(client), seen = {};
const TableName = "from-javascript";
const created = await client.send(new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "N" }],
  StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
}));
await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });

const item = { pk: "ä", sk: 1.5, list: [1, "x", null, { deep: true }], set: new Set(["b", "a"]), bytes: new Uint8Array([0, 255]) };
await documents.send(new PutCommand({ TableName, Item: item }));
const got = (await documents.send(new GetCommand({ TableName, Key: { pk: "ä", sk: 1.5 } }))).Item;
seen.item = { ...got, set: [...got.set].sort(), bytes: [...got.bytes] };
try {
  await documents.send(new PutCommand({ TableName, Item: item, ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }));
} catch (error) {
  seen.failed = [error instanceof ConditionalCheckFailedException, error.Item.sk.N];
}
const updated = await documents.send(new UpdateCommand({
  TableName, Key: { pk: "ä", sk: 1.5 }, UpdateExpression: "SET #l[0] = #l[0] + :n", ExpressionAttributeNames: { "#l": "list" },
  ExpressionAttributeValues: { ":n": 41 }, ReturnValues: "UPDATED_NEW",
}));
seen.updated = updated.Attributes;
const PutRequests = Array.from({ length: 25 }, (_, sk) => ({ PutRequest: { Item: { pk: "many", sk } } }));
await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: PutRequests } }));
seen.keys = [];
const wanted = { TableName, KeyConditionExpression: "pk = :p AND sk >= :s", ExpressionAttributeValues: { ":p": "many", ":s": 5 }, ScanIndexForward: false };
for await (const page of paginateQuery({ client: documents, pageSize: 8 }, wanted)) seen.keys.push(...page.Items.map((found) => found.sk));
try {
  await documents.send(new TransactWriteCommand({ TransactItems: [
    { Put: { TableName, Item: { pk: "t", sk: 1 } } },
    { ConditionCheck: { TableName, Key: { pk: "none", sk: 1 }, ConditionExpression: "attribute_exists(pk)" } },
  ] }));
} catch (error) {
  seen.cancelled = [error instanceof TransactionCanceledException, error.CancellationReasons.map((reason) => reason.Code)];
}
const streams = new DynamoDBStreamsClient({}), StreamArn = created.TableDescription.LatestStreamArn;
const { Shards } = (await streams.send(new DescribeStreamCommand({ StreamArn }))).StreamDescription;
const { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId: Shards[0].ShardId, ShardIteratorType: "TRIM_HORIZON" }));
seen.records = (await streams.send(new GetRecordsCommand({ ShardIterator }))).Records.length;
console.log(JSON.stringify(seen));
