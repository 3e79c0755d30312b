// Makes certificates with openssl: an authority, and what it signs for a server on loopback and for a client.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificates {
  /** Paths of PEM files. */
  ca: string;
  serverCert: string;
  serverKey: string;
  clientCert: string;
  clientKey: string;
  read(path: string): string;
  remove(): void;
}

const SUBJECT_NAMES = 'subjectAltName=DNS:localhost,DNS:secure.test,IP:127.0.0.1';

/** @param hosts that the server has beside its own names */
export function makeCertificates(hosts: readonly string[] = []): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'surehook-certificates-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const keyOf = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`];
  openssl('req', '-x509', ...keyOf('ca'), '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  writeFileSync(at('names'), [SUBJECT_NAMES, ...hosts.map((host) => `DNS:${host}`)].join(','));
  for (const name of ['server', 'client']) {
    openssl('req', ...keyOf(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signed = ['-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    openssl('x509', '-req', ...signed, '-out', `${name}.pem`, '-days', '2', '-extfile', 'names');
  }
  return {
    ca: at('ca.pem'),
    serverCert: at('server.pem'),
    serverKey: at('server.key'),
    clientCert: at('client.pem'),
    clientKey: at('client.key'),
    read: (path) => readFileSync(path, 'utf8'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
