// A gate over https, with a certificate that the browsers of `useTlsServer` trust.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { gate } from './gate.mjs';

/** A gate in front of the server for one test. */
export async function tlsGate(t, server, path = '/api/auth/dbsc/refresh') {
  const { host, ca } = server;
  const proxy = await gate(server, path, {
    listen: (handler) => https.createServer(certificate(server), handler),
    // The name of the server exists in the browser only.
    send: (url, options, respond) => https.request(url, { ...options, hostname: '127.0.0.1', servername: host, ca }, respond),
  });
  t.after(proxy.close);
  return { ...proxy, url: `https://${host}:${proxy.port}` };
}

/** A certificate by the authority of the server. */
function certificate({ data, host }) {
  const [key, cert] = ['gate-key.pem', 'gate.pem'].map((name) => join(data, name));
  const authority = ['-CA', join(data, 'ca.pem'), '-CAkey', join(data, 'ca-key.pem')];
  const names = ['-subj', '/CN=gate', '-addext', `subjectAltName=DNS:${host}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '7'];
  execFileSync('openssl', ['req', ...kind, ...names, ...authority, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}
