// A story of documents through a DAX cluster, told with Amazon's client; prints what it saw as JSON.

import { DaxDocument } from "@amazon-dax-sdk/lib-dax";

const [endpoint] = process.argv.slice(2);
const dax = new DaxDocument({ endpoints: [endpoint], region: process.env.AWS_REGION });
const TableName = "documents";
const Key = { pk: "ä", sk: 1.5 };
const seen = {};

await dax.put({ TableName, Item: { ...Key, list: [1, "x", null, { deep: true }] } });
seen.item = (await dax.get({ TableName, Key })).Item;

const updated = await dax.update({
  TableName,
  Key,
  UpdateExpression: "SET #l[0] = #l[0] + :by, n = :by",
  ExpressionAttributeNames: { "#l": "list" },
  ExpressionAttributeValues: { ":by": 41 },
  ReturnValues: "UPDATED_NEW",
  ReturnConsumedCapacity: "TOTAL",
});
seen.updated = [updated.Attributes, updated.ConsumedCapacity.CapacityUnits];

await dax.get({ TableName, Key });
const again = await dax.get({ TableName, Key, ReturnConsumedCapacity: "TOTAL" });
seen.remembered = [again.Item.n, again.ConsumedCapacity.CapacityUnits];

await dax.batchWrite({
  RequestItems: { [TableName]: [-2, 0, 3].map((sk) => ({ PutRequest: { Item: { pk: "ä", sk } } })) },
});
const page = await dax.query({
  TableName,
  KeyConditionExpression: "pk = :p AND sk > :s",
  ExpressionAttributeValues: { ":p": "ä", ":s": -1 },
  ProjectionExpression: "sk, list[0]",
  Limit: 2,
});
seen.page = [page.Items, page.LastEvaluatedKey];
seen.batch = (await dax.batchGet({ RequestItems: { [TableName]: { Keys: [{ pk: "ä", sk: -2 }, { pk: "ä", sk: 9 }] } } }))
  .Responses[TableName];

try {
  await dax.transactWrite({
    TransactItems: [
      { Put: { TableName, Item: { pk: "b", sk: 1 } } },
      { Delete: { TableName, Key, ConditionExpression: "attribute_not_exists(pk)" } },
    ],
  });
} catch (error) {
  seen.cancelled = [error.code, error.cancellationReasons.map((reason) => reason.Code)];
}
const read = await dax.transactGet({
  TransactItems: [{ Get: { TableName, Key } }, { Get: { TableName, Key: { pk: "b", sk: 1 } } }],
});
seen.transacted = read.Responses.map((response) => response.Item?.n ?? null);

console.log(JSON.stringify(seen));
process.exit(0);
