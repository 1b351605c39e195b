// Turns servers into all that an SDK for TypeScript shows a host and its model of them.
//
// It never judges its output: the calling test searches it for forbidden names and texts.
// Usage: sees.mjs MODULE..., the modules of one SDK with its client and its transport, and a JSON list of URLs on stdin;
// prints {"url", "saw"}, one a line.

import { text } from "node:stream/consumers";

const TOOL = "shown";

const modules = await Promise.all(process.argv.slice(2).map((name) => import(name)));
const { Client, StreamableHTTPClientTransport } = Object.assign({}, ...modules);

async function report(url) {
  const saw = { news: [], complaints: [] };
  const client = new Client({ name: "curious", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  client.fallbackNotificationHandler = async (message) => saw.news.push(message);
  client.onerror = (error) => saw.complaints.push(described(error));
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    saw.list = await client.listTools().catch(described);
    saw.call = await client.callTool({ name: TOOL, arguments: {} }).catch(described);
  } catch (error) {
    saw.ended = described(error);
  }
  process.stdout.write(`${JSON.stringify({ url, saw })}\n`);
}

function described(error) {
  const { name, message, code, data } = error;
  return { error: { name, message, code, data } };
}

await Promise.all(JSON.parse(await text(process.stdin)).map(report));
process.exit(0);
