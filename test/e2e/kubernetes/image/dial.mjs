// dial.mjs ADDRESS PORT LOCAL_PORT TIMEOUT_MS: dials once from a port that is told beforehand, and prints what became of
// it: connected, an error's code, or silence.
import { connect } from 'node:net';

const [host, ...numbers] = process.argv.slice(2);
const [port, localPort, timeoutMs] = numbers.map(Number);

const socket = connect({ host, port, localPort });
const timer = setTimeout(() => end('silence'), timeoutMs);
socket.on('connect', () => end('connected'));
socket.on('error', ({ code }) => end(code));

function end(outcome) {
  clearTimeout(timer);
  socket.destroy();
  console.log(outcome);
}
