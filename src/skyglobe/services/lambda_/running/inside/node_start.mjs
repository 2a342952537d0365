// A client of the Lambda Runtime API (2018-06-01) for functions in JavaScript: loads the handler, serves invocations.
// Behaves as AWS's own: handlers may be async, take a callback, or be wrapped by awslambda.streamifyResponse; console
// writes framed lines with time, request and level; errors become {errorType, errorMessage, trace}.

import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import util from "node:util";

const API = process.env.AWS_LAMBDA_RUNTIME_API;
const ROOT = process.env.LAMBDA_TASK_ROOT;
const HANDLER = process.env._HANDLER;
const IS_JSON = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const FRAMES = Number(process.env._LAMBDA_TELEMETRY_LOG_FD ?? -1);
delete process.env._LAMBDA_TELEMETRY_LOG_FD;
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const FRAME_TYPES = { TRACE: 0xa55a0007, DEBUG: 0xa55a000b, INFO: 0xa55a000f, WARN: 0xa55a0013, ERROR: 0xa55a0017 };
const WANTED = LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? "TRACE");
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = API.split(":");

let requestId;
process.title = "node";

function request(method, where, headers, body) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/${where}`, headers };
    const sent = http.request(options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.setNoDelay(true);
    sent.end(body);
  });
}

const post = (where, body, headers = {}) =>
  request("POST", where, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers }, body);

// console

function write(level, text) {
  if (FRAMES < 0) {
    fs.writeSync(1, text.replaceAll("\n", "\r") + "\n");
    return;
  }
  const body = Buffer.from(text + "\n");
  const frame = Buffer.allocUnsafe(16 + body.length);
  frame.writeUInt32BE(FRAME_TYPES[level] ?? 0xa55a0003, 0);
  frame.writeUInt32BE(body.length, 4);
  frame.writeBigInt64BE(BigInt(Date.now()) * 1000n, 8);
  body.copy(frame, 16);
  for (let sent = 0; sent < frame.length; ) {
    sent += fs.writeSync(FRAMES, frame, sent);
  }
}

function say(level, parts) {
  if (IS_JSON && LEVELS.indexOf(level) < WANTED) return;
  const timestamp = new Date().toISOString();
  if (!IS_JSON) {
    write(level, `${timestamp}\t${requestId}\t${level}\t${util.format(...parts)}`);
    return;
  }
  const line = { timestamp, level, requestId };
  const error = parts.find((part) => part instanceof Error);
  line.message = parts.length === 1 && !(parts[0] instanceof Error) ? parts[0] : util.format(...parts);
  if (error) {
    line.errorType = error.name;
    line.errorMessage = error.message;
    line.stackTrace = (error.stack ?? "").split("\n");
  }
  let text;
  try {
    text = JSON.stringify(line, (_, value) => (typeof value === "bigint" ? String(value) : value));
  } catch {
    text = JSON.stringify({ ...line, message: util.format(...parts) });
  }
  write(level, text);
}

console.log = (...parts) => say("INFO", parts);
console.info = console.log;
console.debug = (...parts) => say("DEBUG", parts);
console.trace = (...parts) => say("TRACE", parts);
console.warn = (...parts) => say("WARN", parts);
console.error = (...parts) => say("ERROR", parts);
console.fatal = (...parts) => say("FATAL", parts);

// errors

function named(type, message) {
  const error = new Error(message);
  error.name = type;
  return error;
}

function described(error) {
  if (util.types.isNativeError(error) || (error && error.name && error.message !== undefined && error.stack !== undefined)) {
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function logError(title, error) {
  const shown = described(error);
  const details = { errorType: shown.errorType, errorMessage: shown.errorMessage, stack: shown.trace };
  const code = error?.code ? { code: error.code } : {};
  if (IS_JSON) {
    write("ERROR", JSON.stringify({ timestamp: new Date().toISOString(), level: "ERROR", requestId, message: { ...details, ...code } }));
  } else {
    write("ERROR", `${new Date().toISOString()}\t${requestId}\tERROR\t${title}\t${JSON.stringify({ ...details, ...code })}`);
  }
}

// the handler

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[STREAMING] = true;
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType("application/vnd.awslambda.http-integration-response");
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

async function load() {
  const dot = HANDLER.indexOf(".", HANDLER.lastIndexOf("/") + 1);
  if (dot < 0 || HANDLER.includes("..")) throw named("Runtime.MalformedHandlerName", "Bad handler");
  const file = path.resolve(ROOT, HANDLER.slice(0, dot));
  const names = HANDLER.slice(dot + 1).split(".");
  const require = createRequire(path.join(ROOT, "package.json"));
  let module;
  try {
    if (fs.existsSync(file + ".mjs")) {
      module = await import(pathToFileURL(file + ".mjs"));
    } else {
      const found = [file + ".js", file + ".cjs", file].find((each) => fs.existsSync(each) && fs.statSync(each).isFile());
      if (found === undefined) {
        throw named("Runtime.ImportModuleError", `Error: Cannot find module '${path.basename(file)}'\nRequire stack:\n- /var/runtime/index.mjs`);
      }
      try {
        module = require(found);
      } catch (error) {
        if (error.code !== "ERR_REQUIRE_ESM") throw error;
        module = await import(pathToFileURL(found));
      }
    }
  } catch (error) {
    if (error instanceof SyntaxError) {
      error.name = "Runtime.UserCodeSyntaxError";
      error.message = `SyntaxError: ${error.message}`;
    } else if (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND") {
      error.name = "Runtime.ImportModuleError";
      error.message = `Error: ${error.message}`;
    }
    throw error;
  }
  let handler = module;
  for (const name of names) handler = handler?.[name];
  if (handler === undefined && module.default) {
    handler = module.default;
    for (const name of names) handler = handler?.[name];
  }
  if (handler === undefined) throw named("Runtime.HandlerNotFound", `${HANDLER} is undefined or not exported`);
  if (typeof handler !== "function") throw named("Runtime.HandlerNotFound", `${HANDLER} is not a function`);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// One invocation

function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const settle = (error, result) => {
      const answer = () => (error === undefined || error === null ? resolve(result) : reject(error));
      if (context.callbackWaitsForEmptyEventLoop) idle(answer);
      else answer();
    };
    context.done = settle;
    context.succeed = (result) => resolve(result);
    context.fail = (error) => reject(error);
    const result = handler(event, context, settle);
    if (result !== null && result !== undefined && typeof result.then === "function") result.then(resolve, reject);
    // What neither calls back nor settles has null for an answer once nothing is left to happen.
    idle(() => resolve(null));
  });
}

// Runs ``then`` when nothing else is left to do.
function idle(then) {
  whenIdle.push(then);
}

let whenIdle = [];
process.on("beforeExit", () => {
  const due = whenIdle;
  whenIdle = [];
  for (const then of due) then();
});

function streamed(handler, event, context) {
  return new Promise((resolve, reject) => {
    let contentType = "application/octet-stream";
    let sent;
    const stream = new PassThrough({ highWaterMark: 64 * 1024 });
    stream.setContentType = (type) => (contentType = type);
    const open = () => {
      const headers = {
        "Content-Type": contentType,
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      };
      const where = `/2018-06-01/runtime/invocation/${context.awsRequestId}/response`;
      sent = http.request({ agent: false, host, port, method: "POST", path: where, headers }, (answer) => {
        answer.resume();
        answer.on("end", resolve);
      });
      sent.setNoDelay(true);
      sent.on("error", reject);
    };
    stream.on("data", (piece) => {
      if (!sent) open();
      if (!sent.write(piece)) {
        stream.pause();
        sent.once("drain", () => stream.resume());
      }
    });
    stream.on("end", () => {
      if (!sent) open();
      sent.end();
    });
    const failed = (error) => {
      logError("Invoke Error", error);
      if (!sent) {
        post(`invocation/${context.awsRequestId}/error`, JSON.stringify(described(error)), {
          "Lambda-Runtime-Function-Error-Type": described(error).errorType,
        }).then(resolve, reject);
        return;
      }
      sent.addTrailers({
        "Lambda-Runtime-Function-Error-Type": described(error).errorType,
        "Lambda-Runtime-Function-Error-Body": Buffer.from(JSON.stringify(described(error))).toString("base64"),
      });
      sent.end();
    };
    stream.on("error", failed);
    try {
      Promise.resolve(handler(event, stream, context)).then(() => {
        if (!stream.writableEnded) idle(() => {
          if (!stream.writableEnded) failed(named("Runtime.StreamNotEnded", "The handler returned without ending its response stream"));
        });
      }, failed);
    } catch (error) {
      failed(error);
    }
  });
}

async function serve(handler) {
  const { headers, body } = await request("GET", "invocation/next", {});
  requestId = headers["lambda-runtime-aws-request-id"];
  whenIdle = [];
  if (headers["lambda-runtime-trace-id"]) process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  else delete process.env._X_AMZN_TRACE_ID;
  try {
    const context = contextOf(headers);
    const event = JSON.parse(body);
    if (handler[STREAMING]) {
      await streamed(handler, event, context);
      return;
    }
    const result = await call(handler, event, context);
    let text;
    try {
      text = JSON.stringify(result === undefined ? null : result) ?? "null";
    } catch (error) {
      throw named("Runtime.MarshalError", `Unable to stringify response body as json: ${error.message}`);
    }
    await post(`invocation/${requestId}/response`, text);
  } catch (error) {
    logError("Invoke Error", error);
    const shown = described(error);
    await post(`invocation/${requestId}/error`, JSON.stringify(shown), {
      "Lambda-Runtime-Function-Error-Type": shown.errorType,
    });
  }
}

for (const [event, type] of [["uncaughtException", "Runtime.UnhandledException"], ["unhandledRejection", "Runtime.UnhandledPromiseRejection"]]) {
  process.on(event, (reason) => {
    const error = event === "unhandledRejection" ? named(type, String(reason)) : reason;
    logError(event === "unhandledRejection" ? "Unhandled Promise Rejection" : "Uncaught Exception", error);
    const body = JSON.stringify(described(error));
    const where = requestId === undefined ? "init/error" : `invocation/${requestId}/error`;
    post(where, body, { "Lambda-Runtime-Function-Error-Type": described(error).errorType })
      .catch(() => {})
      .finally(() => process.exit(event === "unhandledRejection" ? 128 : 129));
  });
}

let handler;
try {
  handler = await load();
} catch (error) {
  logError("Uncaught Exception", error);
  await post("init/error", JSON.stringify(described(error)), {
    "Lambda-Runtime-Function-Error-Type": described(error).errorType,
  });
  process.exit(1);
}
for (;;) await serve(handler);
