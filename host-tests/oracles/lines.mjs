// The lines of standard input, one after the other.
//
// It ends a line at a newline and nowhere else: Node's readline ends one at U+2028 too, which JSON texts may hold.

export async function* lines() {
  let rest = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    const ended = (rest + chunk).split('\n');
    rest = ended.pop();
    yield* ended;
  }
}
