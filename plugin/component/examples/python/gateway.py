"""A gateway that embeds the component: HTTP/1.1 between callers and one MCP server, with the standard library and `wasmtime`.

    python gateway.py mcp-policy.component.wasm policy.json 8080 127.0.0.1:9000

It never decides anything, and passes nothing on after an error.
"""

import http.client
import json
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import wasmtime
from wasmtime.component import Component, Linker, Record, Variant

ENGINE = "mcp-policy:engine/engine@0.1.0"
CELLS = "mcp-policy:engine/cells@0.1.0"
# Fields of one connection, which a gateway does not pass on. The length is that of the body that it sends.
OF_A_CONNECTION = {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}


def record(**members):
    """A record of the interface, whose names have hyphens."""
    value = Record()
    for name, member in members.items():
        setattr(value, name.replace("_", "-"), member)
    return value


def now():
    return time.time_ns() // 1_000_000


class Cells:
    """The counts of the process. Gateways on several machines keep them in a store with a compare-and-swap instead."""

    def __init__(self):
        self.cells = {}

    # An exception here is a trap: the request is refused, and another instance starts.
    def read(self, _store, key):
        return Variant("ok", self.cells.get(key))

    def compare_and_swap(self, _store, key, value, version):
        cell = self.cells.get(key)
        if (cell and cell.version) != version:
            return False
        self.cells[key] = record(bytes=value, version=((version or 0) + 1) & 0xFFFFFFFF)
        return True


class Instance:
    """One instance with one policy."""

    # The package converts values by variables that all threads share, so two calls must never overlap, not even of two
    # instances. More processes use more processors; each has cells of its own.
    lock = threading.RLock()

    def __init__(self, component, linker, engine, policy):
        self.trapped = False
        self.wasm = wasmtime.Store(engine)
        with self.lock:
            self.instance = linker.instantiate(self.wasm, component)
            self.interface = self.instance.get_export_index(self.wasm, ENGINE)
        self.functions = {}
        parsed = self.call("[static]policy.parse", policy)
        if isinstance(parsed, list):
            sys.exit("\n".join(f"{error.pointer or 'the document'}: {error.message}" for error in parsed))
        self.policy = parsed
        self.max_held = self.call("[method]policy.max-held-bytes", self.policy)
        entropy = (secrets.randbits(64), secrets.randbits(64))
        self.store = self.call("[static]store.prepare", self.policy, "gateway", entropy)
        if self.store is None:
            raise RuntimeError("the cells cannot keep the counts of this policy")
        self.seed = self.call("[method]store.seed", self.store)

    def call(self, name, *arguments):
        """Calls a function. After any exception, this instance is not entered again."""
        with self.lock:
            if self.trapped:
                raise RuntimeError("the instance trapped before")
            try:
                if name not in self.functions:
                    index = self.instance.get_export_index(self.wasm, name, self.interface)
                    self.functions[name] = self.instance.get_func(self.wasm, index)
                return self.functions[name](self.wasm, *arguments)
            except BaseException:
                self.trapped = True
                raise

    def drop(self, resource):
        with self.lock:
            resource.drop(self.wasm)


class Engine:
    """The compiled component and its policy; the instance, and another one after a trap."""

    def __init__(self, path, policy):
        self.engine = wasmtime.Engine()
        self.component = Component.from_file(self.engine, path)
        self.linker = Linker(self.engine)
        cells = Cells()
        with self.linker.root() as root, root.add_instance(CELLS) as imports:
            imports.add_func("read", cells.read)
            imports.add_func("compare-and-swap", cells.compare_and_swap)
        self.policy = policy
        self.held = 0
        self.current = self.start()

    def start(self):
        return Instance(self.component, self.linker, self.engine, self.policy)

    def instance(self):
        with Instance.lock:
            if self.current.trapped:
                # The counts go on: they are in the cells.
                self.current = self.start()
            return self.current


class Exchange:
    """A request and its response. Leaving the block reports that it is over, in whichever way."""

    def __init__(self, engine, headers, end_of_stream, peer):
        self.engine = engine
        self.instance = engine.instance()
        self.held = 0
        # A gateway that verifies tokens or client certificates reports them here, and never what a client only claims.
        verified = record(claims=None, uri_san=None, dns_san=None, subject=None)
        context = record(peer=peer, verified=verified, cluster=None, seed=self.instance.seed, explain=False)
        begin = "[static]exchange.begin"
        self.handle, step = self.instance.call(begin, self.instance.policy, headers, end_of_stream, context, now())
        self.next = self.resolve(step)

    def feed(self, tag, payload=None):
        """Continues with an event of the request."""
        self.next = self.resolve(self.instance.call("[method]exchange.feed", self.handle, Variant(tag, payload), now()))
        return self.next

    def feed_response(self, tag, payload=None):
        """Continues with an event of the response, which may hold no more bytes than all other responses leave, and no more
        than a quarter: one server cannot fill the memory."""
        with Instance.lock:
            most = self.instance.max_held
            room = min(most // 4, max(0, most - (self.engine.held - self.held)))
            self.instance.call("[method]exchange.hold-at-most", self.handle, room)
            self.feed(tag, payload)
            self.hold(self.instance.call("[method]exchange.held-bytes", self.handle))
            return self.next

    def hold(self, held):
        with Instance.lock:
            self.engine.held += held - self.held
            self.held = held

    def resolve(self, step):
        """Lets the store count, and logs the decision."""
        step = self.instance.call("[method]store.resolve", self.instance.store, self.handle, step, now())
        for effect in step.effects:
            if effect.tag == "audit":
                print(effect.payload, flush=True)
        return step.next

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hold(0)
        if not self.instance.trapped:
            # Without it, the id of the request stays in use.
            self.feed("closed")
            self.instance.drop(self.handle)


class Gateway(BaseHTTPRequestHandler):
    """Holds each request until the verdict, and never a piece of a response: an event stream flows event by event."""

    protocol_version = "HTTP/1.1"
    engine = None
    upstream = None

    def serve(self):
        self.has_begun = False
        length = self.length()
        if length is None:
            return self.refuse(400)
        try:
            with Exchange(self.engine, self.fields(), length == 0, "%s:%s" % self.client_address) as exchange:
                self.judge(exchange, length)
        except Exception as error:
            # A request without a verdict does not pass, nor does a response that the policy did not see completely.
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self.refuse(503)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = serve

    def length(self):
        """The length of the body; None where a server could read this head differently."""
        lengths = self.headers.get_all("content-length", ["0"])
        plain = len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdigit()
        # `http.server` reads no chunked bodies.
        if not is_plain(self.headers) or not plain or "transfer-encoding" in self.headers or self.request_version != "HTTP/1.1":
            return None
        return int(lengths[0])

    def fields(self):
        """All fields as they came, after those of HTTP/2, by which a policy knows its servers."""
        pseudo = [(":method", self.command), (":path", self.path), (":authority", self.headers.get("host", ""))]
        return headers([*pseudo, *self.headers.raw_items()])

    def judge(self, exchange, length):
        body = b""
        # The engine refuses a body beyond the policy's `max_request_bytes` before it is read.
        if length and exchange.feed("buffered", length).tag == "need-more":
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionError("the client left")
            exchange.feed("body", record(bytes=body, end_of_stream=True))
        step = exchange.next
        if step.tag == "forward":
            self.forward(exchange, body, step.payload)
        elif step.tag == "forward-body":
            self.forward(exchange, step.payload.body, step.payload.edit)
        elif step.tag == "reply":
            self.reply(step.payload)
        else:
            # A question to a service of the policy, which this program does not ask, or no verdict.
            self.refuse(503)

    def forward(self, exchange, body, edit):
        server = http.client.HTTPConnection(self.upstream, timeout=10)
        try:
            try:
                server.connect()
            except OSError:
                # A call that reached no server is refunded.
                exchange.feed_response("delivery", "unsent")
                return self.refuse(502)
            # An event stream may be silent for long.
            server.sock.settimeout(None)
            server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in edited(self.headers.raw_items(), edit):
                server.putheader(name, value)
            if body or self.command == "POST":
                server.putheader("content-length", str(len(body)))
            server.endheaders(body)
            self.respond(exchange, server.getresponse())
        finally:
            server.close()

    def respond(self, exchange, response):
        """Passes the response on, piece by piece."""
        if not is_plain(response.msg):
            raise ValueError("the head of the response could be read differently")
        fields = list(response.msg.raw_items())
        ended = self.command == "HEAD" or response.status in (204, 304)
        head = record(status=response.status, headers=headers(fields), end_of_stream=ended)
        step = exchange.feed_response("response-head", head)
        if step.tag == "reply":
            return self.reply(step.payload)
        if step.tag != "forward":
            raise RuntimeError("the head of the response does not pass")
        framing = [] if ended else [("transfer-encoding", "chunked")]
        self.begin(response.status, [*edited(fields, step.payload), *framing])
        while not ended:
            piece = response.read1(65536)
            ended = not piece
            if ended and response.length:
                raise ConnectionError("the server left")
            step = exchange.feed_response("response-body", record(bytes=piece, end_of_stream=ended))
            if step.tag not in ("forward", "replace-body"):
                raise RuntimeError("the rest of a response was withheld")
            passed = step.payload if step.tag == "replace-body" else piece
            if passed:
                # Not buffered: the client has each event at once.
                self.wfile.write(b"%x\r\n%s\r\n" % (len(passed), passed))
        if framing:
            self.wfile.write(b"0\r\n\r\n")

    def reply(self, reply):
        fields = [(field.name.decode("latin-1"), field.value.decode("latin-1")) for field in reply.headers]
        self.begin(reply.status, [*fields, ("content-length", str(len(reply.body))), ("connection", "close")])
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def refuse(self, status):
        """Answers with a status alone, or ends the connection in the middle of a response."""
        self.close_connection = True
        if not self.has_begun:
            self.begin(status, [("content-length", "0"), ("connection", "close")])

    def begin(self, status, fields):
        self.has_begun = True
        self.send_response_only(status)
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        """The log has decisions alone."""


def is_plain(message):
    """False for header fields that this parser reads, but another one may read differently."""
    folded = any("\r" in value or "\n" in value for _, value in message.raw_items())
    return not (message.defects or message.get_payload() or folded)


def headers(fields):
    """Header fields in the form of the interface."""
    return [record(name=name.lower().encode("latin-1"), value=value.encode("latin-1")) for name, value in fields]


def edited(fields, edit):
    """The header fields to pass on."""
    added = [(field.name.decode("latin-1"), field.value.decode("latin-1")) for field in edit.__dict__["set-headers"]]
    gone = {*OF_A_CONNECTION, *edit.__dict__["remove-headers"], *(name for name, _ in added)}
    return [field for field in fields if field[0].lower() not in gone] + added


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: gateway.py COMPONENT POLICY PORT UPSTREAM")
    _, component, policy, port, Gateway.upstream = sys.argv
    with open(policy, "rb") as file:
        Gateway.engine = Engine(component, file.read())
    server = Server(("127.0.0.1", int(port)), Gateway)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
