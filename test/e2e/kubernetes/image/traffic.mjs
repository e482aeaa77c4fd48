// traffic.mjs URL START_MS END_MS PAUSE_MS INTERVAL_MS: asks again and again from START_MS to a while before END_MS (Unix
// epoch), each time on a connection of its own, from ports that it uses once: of two connections of one tuple within an
// interval, led to two backends, the client's observer tells as of one (src/flow/is-new-connection.ts). Prints a line of JSON for each connection (both ends, as the client and as
// the server see them, and the body's bytes), and one for each reading of what eth0 has counted: shortly before START_MS
// and END_MS, and at each multiple of INTERVAL_MS between them. Around these it pauses: what begins between the moments at
// which two observers end an interval is told in one interval by one of them, and in the next one by the other.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const QUIET_BEFORE_MS = 300;
const QUIET_AFTER_MS = 700;
const LAST_MS = 2000;
const TIMEOUT_MS = 5000;
/** The first one; those that the kernel gives out begin at 32768. */
let localPort = 21_000;

const [url, ...numbers] = process.argv.slice(2);
const [startMs, endMs, pauseMs, intervalMs] = numbers.map(Number);

await until(startMs - QUIET_BEFORE_MS);
read('quiet');
let boundary;
readAtBoundary(startMs + intervalMs);
await until(startMs + QUIET_AFTER_MS);
while (Date.now() < endMs - LAST_MS) {
  print(await ask());
  await delay(pauseMs);
  const remainingMs = intervalMs - (Date.now() % intervalMs);
  if (remainingMs < QUIET_BEFORE_MS) await delay(remainingMs + QUIET_AFTER_MS);
}
await until(endMs - QUIET_BEFORE_MS);
clearTimeout(boundary);
read('quiet');

function readAtBoundary(timeMs) {
  if (timeMs >= endMs) return;
  boundary = setTimeout(() => {
    read('boundary');
    readAtBoundary(timeMs + intervalMs);
  }, timeMs - Date.now());
}

function read(reading) {
  const line = readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .find((each) => each.trim().startsWith('eth0:'));
  const counts = line.split(':')[1].trim().split(/\s+/).map(Number);
  print({ reading, atMs: Date.now(), byteCount: counts[0] + counts[8], packetCount: counts[1] + counts[9] });
}

function ask() {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'close' };
    const options = { agent: false, headers, timeout: TIMEOUT_MS, localPort: localPort++ };
    const request = get(url, options, async (response) => {
      const { localAddress, localPort: port } = request.socket;
      const body = Buffer.concat(await response.toArray());
      resolve({ client: `${localAddress}:${port}`, server: response.headers['x-server'], bodyBytes: body.length });
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
  });
}

async function until(timeMs) {
  await delay(Math.max(0, timeMs - Date.now()));
}

function print(fields) {
  console.log(JSON.stringify(fields));
}
