// attempts.mjs ADDRESS PORT COUNT TIMEOUT_MS: dials COUNT times, one after the other, and prints a line of JSON for each:
// when it began (Unix epoch), the client's own port where it is known, and what became of it: connected, an error's code,
// or silence.
import { connect } from 'node:net';

const [host, ...numbers] = process.argv.slice(2);
const [port, count, timeoutMs] = numbers.map(Number);

for (let turn = 0; turn < count; turn++) console.log(JSON.stringify(await attempt()));

function attempt() {
  const atMs = Date.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome) => {
      clearTimeout(timer);
      resolve({ atMs, localPort: socket.localPort, outcome });
      socket.destroy();
    };
    const timer = setTimeout(() => end('silence'), timeoutMs);
    socket.on('connect', () => end('connected'));
    socket.on('error', ({ code }) => end(code));
  });
}
