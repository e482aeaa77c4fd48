import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a certificate and its key. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

const ELLIPTIC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority made by `openssl` in `folder`, for one day. */
export function createAuthority(folder: string, name: string): CertificateFiles {
  const files = toFiles(folder, name);
  const subject = ['-subj', `/CN=${name}`, '-keyout', files.key, '-out', files.certificate];
  execFileSync('openssl', ['req', '-x509', '-days', '1', ...ELLIPTIC, ...subject], { stdio: 'ignore' });
  return files;
}

/** A certificate that `authority` signed, for the address `host` (server) or the user `name` (client). */
export function createCertificate(
  folder: string,
  name: string,
  authority: CertificateFiles,
  host?: string,
): CertificateFiles {
  const files = toFiles(folder, name);
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  const subject = ['-subj', `/CN=${name}`, '-keyout', files.key, '-out', request];
  execFileSync('openssl', ['req', ...ELLIPTIC, ...subject], { stdio: 'ignore' });
  writeFileSync(extensions, host === undefined ? 'extendedKeyUsage=clientAuth\n' : `subjectAltName=IP:${host}\n`);
  const signer = ['-CA', authority.certificate, '-CAkey', authority.key, '-CAcreateserial'];
  const signed = ['-days', '1', '-extfile', extensions, '-in', request, '-out', files.certificate];
  execFileSync('openssl', ['x509', '-req', ...signer, ...signed], { stdio: 'ignore' });
  return files;
}

/** Key and certificate as node takes them. */
export function readSecrets({ certificate, key }: CertificateFiles): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(certificate), key: readFileSync(key) };
}

function toFiles(folder: string, name: string): CertificateFiles {
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}-key.pem`) };
}
