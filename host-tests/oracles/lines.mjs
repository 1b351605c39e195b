// The lines of standard input, one after the other.
//
// A line ends at a newline only: Node's readline ends one at U+2028 too, which JSON texts may contain.

export async function* lines() {
  let rest = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    const ended = (rest + chunk).split('\n');
    rest = ended.pop();
    yield* ended;
  }
}
