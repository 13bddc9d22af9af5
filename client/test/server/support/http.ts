/** Real HTTP on this machine, with the headers exactly as given, duplicates included. */

import { createServer, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: unknown;
}

/** A header list: name, value, name, value. */
export type RawHeaders = readonly string[];

export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

export async function serve(listener: RequestListener): Promise<Served> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () => new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  };
}

export function send(port: number, path: string, headers: RawHeaders = [], method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const all = ['host', `127.0.0.1:${port}`, ...headers];
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers: all, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = incoming.headers['content-type']?.includes('json') === true && text !== '';
        const body: unknown = isJson ? JSON.parse(text) : text;
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
