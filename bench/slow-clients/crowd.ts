// A crowd of clients that mean no good, in a process of its own: each holds a connection for as long as it is let, and
// opens another one as soon as it is cut off. Arguments: the port, and how many there are.
import { connect } from 'node:net';

/** What a client does with its connection: the crowd has equal parts of them. One that is half open is never heard of again. */
const KINDS = ['silent', 'half-open', 'slow headers', 'slow body'] as const;
/** Far slower than any sender, and often enough that the connection is never idle. */
const DRIBBLE_EVERY_MS = 1_000;
/** Who is refused at once must not spin. */
const AGAIN_AFTER_MS = 250;
/** So many begin each tick: a crowd that comes all at once is refused by the kernel's queue. */
const TICK_MS = 10;
const PER_TICK = 10;

const HEAD = 'POST /webhooks/bench HTTP/1.1\r\nHost: x\r\n';
const [port = 0, count = 0] = process.argv.slice(2).map(Number);
const seen = { opened: 0, closed: 0, held: 0, answers: {} as Record<string, number> };

function hold(i: number): void {
  const kind = KINDS[i % KINDS.length] as (typeof KINDS)[number];
  const localAddress = `127.${1 + (i >> 15)}.${(i >> 7) & 255}.${1 + (i & 127)}`;
  const socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true });
  let dribble: NodeJS.Timeout | undefined;
  socket.once('connect', () => {
    seen.opened += 1;
    seen.held += 1;
    socket.once('close', () => {
      seen.held -= 1;
    });
    if (kind === 'half-open' || kind === 'slow headers') socket.write(HEAD);
    if (kind === 'slow body') socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n`);
    const next = { 'slow headers': 'X-A: b\r\n', 'slow body': 'x' }[kind as string];
    if (next) dribble = setInterval(() => socket.write(next), DRIBBLE_EVERY_MS);
  });
  socket.on('data', (bytes) => {
    const [status = ''] = /(?<=^HTTP\/1\.1 )\d+/.exec(bytes.toString('latin1')) ?? [];
    seen.answers[status] = (seen.answers[status] ?? 0) + 1;
  });
  socket.on('error', () => undefined); // cut off
  socket.on('end', () => socket.destroy());
  socket.once('close', () => {
    clearInterval(dribble);
    seen.closed += 1;
    setTimeout(() => hold(i), AGAIN_AFTER_MS);
  });
}

let begun = 0;
const begin = setInterval(() => {
  for (let n = 0; n < PER_TICK && begun < count; n++) hold(begun++);
  if (begun === count) clearInterval(begin);
}, TICK_MS);

process.on('message', () => process.send?.(seen));
process.on('disconnect', () => process.exit());
