// A server on the MCP SDK behind the policy of `sdk.test.js`, on its standard input and output.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { ElicitResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { Policy } from "mcp-policy";
import { governTransport } from "mcp-policy/sdk";

/** What tools were called. @returns {{ server: McpServer, ran: string[] }} */
export function served() {
  /** @type {string[]} */
  const ran = [];
  const server = new McpServer({ name: "test", version: "1" }, { capabilities: { logging: {} } });
  for (const name of ["run", "drop"]) {
    server.registerTool(name, { description: name }, async () => {
      ran.push(name);
      return { content: [{ type: "text", text: `${name} ran` }] };
    });
  }
  server.registerTool("leak", { description: "leak" }, async () => ({ content: [{ type: "text", text: `a key: ${SECRET}` }] }));
  server.registerTool("fail", { description: "fail" }, async () => ({ content: [{ type: "text", text: "no" }], isError: true }));
  server.registerTool("ask", { description: "ask" }, async ({ sendRequest, sendNotification }) => {
    await sendNotification({ method: "notifications/message", params: { level: "info", data: "asking" } });
    const asked = await sendRequest({ method: "elicitation/create", params: { message: "?", requestedSchema: { type: "object", properties: {} } } }, ElicitResultSchema).then(
      () => "answered",
      (error) => `refused: ${error.message}`,
    );
    const sampled = await server.server.createMessage({ messages: [], maxTokens: 1 }).then(() => "sampled", (error) => `refused: ${error.message}`);
    return { content: [{ type: "text", text: `${asked}, ${sampled}` }] };
  });
  return { server, ran };
}

export const SECRET = `AKIA${"IOSFODNN7EXAMPLE"}`;

export const POLICY = JSON.stringify({
  version: "1",
  default: "deny",
  client_detail: true,
  methods: { "elicitation/create": {}, "notifications/message": {} },
  tools: {
    run: { rate_limit: "2/hour" },
    leak: { result: { redact: ["secrets"] } },
    fail: { limits: [{ counter: "fails", window: "hour", max: 1, refund: "on_tool_error" }] },
    ask: {},
  },
});

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const transport = governTransport(new StdioServerTransport(), Policy.parse(POLICY), { side: "server" });
  await served().server.connect(transport);
}
