// Turns arguments into calls of tools by an agent that the gateway knows by its token, and answers into what its model reads.
//
// It never opens a page.

const MODERN = "2026-07-28";

export class Agent {
  /** The calls that returned the server's result. */
  static ran = 0;

  constructor(gateway, token) {
    this.url = `${gateway}/mcp`;
    this.token = token;
  }

  /** A call. `input` holds what the client answers to an earlier request of the server. */
  async calls(name, args, input) {
    const params = { name, arguments: args, ...input };
    if (input) params._meta = { "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {} };
    const headers = {
      authorization: `Bearer ${this.token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(input && { "mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": name }),
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
    const { result } = await (await fetch(this.url, { method: "POST", headers, body })).json();
    const said = result.content.map(({ text }) => text).join(" ");
    const link = result._meta?.["mcp-policy/decision"]?.approvalUrl;
    Agent.ran += result.isError ? 0 : 1;
    return { ran: !result.isError, said, id: link?.split("/").pop() };
  }

  /** The id of the approval for which a call waits. */
  async asks(name, args, input) {
    const { id, said } = await this.calls(name, args, input);
    if (!id) throw new Error(`the call does not wait for a person: ${said}`);
    return id;
  }
}
