// http-client.mjs URL [COUNT [PAUSE_MS]]: asks COUNT times (1), one after the other, each on a connection of its own, and
// prints one line of JSON for each: `localPort`, `byteCount` of the body, and the body itself where it is JSON.
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const [url, count = '1', pauseMs = '0'] = process.argv.slice(2);

for (let turn = 0; turn < Number(count); turn++) {
  console.log(JSON.stringify(await ask()));
  await delay(Number(pauseMs));
}

function ask() {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers: { connection: 'close' } }, async (response) => {
      const { localPort } = request.socket;
      const body = Buffer.concat(await response.toArray());
      const isJson = body[0] === 0x7b;
      resolve({ localPort, byteCount: body.length, ...(isJson ? JSON.parse(body.toString()) : {}) });
    });
    request.on('error', reject);
  });
}
