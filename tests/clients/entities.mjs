// Entities of ElectroDB and of DynamoDB-Toolbox, each in a table of its own. Prints what it saw as JSON.
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as electrodb from "electrodb";
import { Entity, EntityRepository, GetItemCommand, item, list, map, number, PutItemCommand, QueryCommand, set, string, Table, UpdateItemCommand, $add, $append, $remove, $set } from "dynamodb-toolbox";

const client = new DynamoDBClient({}), documents = DynamoDBDocumentClient.from(client), seen = {};

async function electro() {
  const table = "electro";
  const names = ["pk", "sk", "gsi1pk", "gsi1sk"];
  const keys = (hash, range) => [{ AttributeName: hash, KeyType: "HASH" }, { AttributeName: range, KeyType: "RANGE" }];
  await client.send(new CreateTableCommand({
    TableName: table, BillingMode: "PAY_PER_REQUEST", KeySchema: keys("pk", "sk"),
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    GlobalSecondaryIndexes: [{ IndexName: "gsi1", KeySchema: keys("gsi1pk", "gsi1sk"), Projection: { ProjectionType: "ALL" } }],
  }));
  const task = new electrodb.Entity({
    model: { entity: "task", version: "1", service: "work" },
    attributes: {
      team: { type: "string", required: true }, id: { type: "string", required: true }, owner: { type: "string", required: true },
      points: { type: "number", default: 1 }, tags: { type: "set", items: "string" }, notes: { type: "list", items: { type: "string" } },
      state: { type: ["open", "closed"], required: true, default: "open" },
    },
    indexes: {
      byTeam: { pk: { field: "pk", composite: ["team"] }, sk: { field: "sk", composite: ["id"] } },
      byOwner: { index: "gsi1", collection: "owned", pk: { field: "gsi1pk", composite: ["owner"] }, sk: { field: "gsi1sk", composite: ["id"] } },
    },
  }, { client: documents, table });
  const person = new electrodb.Entity({
    model: { entity: "person", version: "1", service: "work" },
    attributes: { owner: { type: "string", required: true }, name: { type: "string" } },
    indexes: {
      one: { pk: { field: "pk", composite: ["owner"] }, sk: { field: "sk", composite: [] } },
      byOwner: { index: "gsi1", collection: "owned", pk: { field: "gsi1pk", composite: ["owner"] }, sk: { field: "gsi1sk", composite: [] } },
    },
  }, { client: documents, table });
  const work = new electrodb.Service({ task, person });
  await task.put(Array.from({ length: 30 }, (_, n) => ({ team: "a", id: `t${String(n).padStart(2, "0")}`, owner: n % 2 ? "ann" : "bob", points: n }))).go();
  await person.create({ owner: "ann", name: "Ann" }).go();
  const failed = await person.create({ owner: "ann" }).go().then(() => "no error", (error) => error.name === "ElectroError" && error.code);
  const patched = await task.patch({ team: "a", id: "t03" }).add({ points: 40, tags: ["x", "y"] }).append({ notes: ["late"] }).set({ state: "closed" })
    .where(({ points }, { lt }) => lt(points, 10)).go({ response: "all_new" });
  const pages = [];
  for (let cursor; cursor !== null;) {
    const page = await task.query.byTeam({ team: "a" }).between({ id: "t05" }, { id: "t20" }).where(({ points }, { gte }) => gte(points, 8)).go({ cursor, limit: 6 });
    pages.push(page.data.length);
    cursor = page.cursor;
  }
  const owned = (await work.collections.owned({ owner: "ann" }).go({ pages: "all" })).data;
  const got = await task.get([{ team: "a", id: "t01" }, { team: "a", id: "zz" }, { team: "a", id: "t02" }]).go();
  const transaction = await work.transaction.write(({ task, person }) => [
    task.remove({ team: "a", id: "t00" }).commit(),
    person.check({ owner: "bob" }).where(({ owner }, { exists }) => exists(owner)).commit({ response: "all_old" }),
  ]).go();
  return {
    failed, pages, patched: [patched.data.points, [...patched.data.tags].sort(), patched.data.notes, patched.data.state],
    owned: [owned.task.length, owned.person.map(({ name }) => name)], got: got.data.map(({ id }) => id).sort(),
    cancelled: [transaction.canceled, transaction.data.map(({ rejected, code }) => [rejected, code])],
    left: (await task.scan.go({ pages: "all" })).data.length,
  };
}

async function toolbox() {
  await client.send(new CreateTableCommand({
    TableName: "toolbox", BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "N" }],
  }));
  const table = new Table({ documentClient: documents, name: "toolbox", partitionKey: { name: "pk", type: "string" }, sortKey: { name: "sk", type: "number" } });
  const order = new Entity({
    name: "order", table, timestamps: false,
    schema: item({
      customer: string().key().savedAs("pk"), number: number().key().savedAs("sk"), total: number().default(0),
      lines: list(string()).default([]), tags: set(string()).optional(), address: map({ street: string(), floor: number().optional() }).optional(),
    }),
  });
  for (let number = 0; number < 8; number++) await order.build(PutItemCommand).item({ customer: "c", number, total: number * 10 }).send();
  const repeated = await order.build(PutItemCommand).item({ customer: "c", number: 1 }).options({ condition: { attr: "customer", exists: false } }).send().catch((error) => error.name);
  await order.build(UpdateItemCommand).item({ customer: "c", number: 2, total: $add(5), lines: $append(["one", "two"]), tags: $add(new Set(["q"])), address: $set({ street: "s", floor: 3 }) }).send();
  await order.build(UpdateItemCommand).item({ customer: "c", number: 2, address: { floor: $remove() } }).send();
  const { Item } = await order.build(GetItemCommand).key({ customer: "c", number: 2 }).options({ consistent: true }).send();
  const { Items } = await table.build(QueryCommand).entities(order).query({ partition: "c", range: { gte: 3 } })
    .options({ filters: { order: { attr: "total", between: [40, 60] } }, reverse: true }).send();
  return { repeated, item: { ...Item, tags: [...Item.tags] }, totals: Items.map(({ total }) => total) };
}

seen.electrodb = await electro();
seen.toolbox = await toolbox();
console.log(JSON.stringify(seen));
