import { execFile } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const SECURITY_SETTINGS = {
  'xpack.security.enabled': 'true',
  'xpack.security.transport.ssl.enabled': 'false',
  'xpack.security.autoconfiguration.enabled': 'false',
  'xpack.security.enrollment.enabled': 'false',
};

export const TLS_SETTINGS = {
  'xpack.security.http.ssl.enabled': 'true',
  'xpack.security.http.ssl.key': 'http.key',
  'xpack.security.http.ssl.certificate': 'http.crt',
};

const HASH_ROUNDS = 1_000;

/** Writes the files of the node's file realm with one superuser, whose password is random. */
export async function writeSuperuser(config: string): Promise<{ user: string; password: string }> {
  const user = 'admin';
  const password = randomBytes(12).toString('base64url');
  const salt = randomBytes(32);
  const key = pbkdf2Sync(password, salt, HASH_ROUNDS, 32, 'sha512');
  const hash = `{PBKDF2}${HASH_ROUNDS}$${salt.toString('base64')}$${key.toString('base64')}`;
  await writeFile(join(config, 'users'), `${user}:${hash}\n`);
  await writeFile(join(config, 'users_roles'), `superuser:${user}\n`);
  return { user, password };
}

/** Writes a key and a self-signed certificate for 127.0.0.1, and returns the certificate in PEM. */
export async function createCertificate(config: string): Promise<string> {
  const path = join(config, 'http.crt');
  const names = ['-subj', '/CN=podflow-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(config, 'http.key'), '-out', path];
  await promisify(execFile)('openssl', 'req -x509 -newkey rsa:2048 -nodes -days 2'.split(' ').concat(names, files));
  return readFile(path, 'utf8');
}
