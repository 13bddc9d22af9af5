/** How are the method and the headers read from the requests of different frameworks? */

import { parseUrl } from './runtime.js';

/** The part of a request that the guard reads. */
export interface RequestHead {
  readonly method: string;
  /** The path and the query as the client sent them. A framework may have removed the part of the path that selects a router. */
  readonly target: string;
  /** Every value of a header, in order; `name` is in lower case. */
  values(name: string): readonly string[];
  /** The hosts to which the request was sent, with their port unless it is the default one. */
  readonly hosts: readonly string[];
}

/** A request of Node's `http`, and therefore of Express and Connect. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Express and Connect keep the URL here when they remove the path of a router from `url`. */
  readonly originalUrl?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders?: readonly string[] | undefined;
}

/**
 * The head of a Node request; `target` as the client sent it. `headers` lacks a second `Authorization`, because Node drops it; `rawHeaders`
 * has it.
 */
export function headOfNodeRequest(request: NodeRequest, target = request.originalUrl ?? request.url ?? '/'): RequestHead {
  const { method = 'GET', headers, rawHeaders = [] } = request;
  const values: RequestHead['values'] = (name) => {
    const sent = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === name && index % 2 === 1);
    if (sent.length > 1) return sent;
    const value = headers[name];
    return value === undefined ? [] : [value].flat();
  };
  // HTTP/2 has `:authority` instead of `Host`. Two hosts are none, because proxies disagree about which one counts.
  const hosts = [...values('host'), ...values(':authority')];
  return { method, target, values, hosts: new Set(hosts).size === 1 ? hosts : [] };
}

/**
 * The head of a fetch-style request, which joins several `Authorization` values with a comma. If a framework makes it
 * from a Node request, as Next.js does, Node has already dropped all but the first.
 */
export function headOfRequest({ method, headers, url }: Request): RequestHead {
  return {
    method,
    target: url,
    values(name) {
      const value = headers.get(name);
      return value === null ? [] : [value];
    },
    // Behind a proxy either may be an internal name. No page of another site can choose one of them.
    hosts: [headers.get('host'), parseUrl(url)?.host].flatMap((host) => host ?? []),
  };
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

/** Whether a request with this method changes nothing (RFC 9110 section 9.2.1). */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.includes(method.toUpperCase());
}
