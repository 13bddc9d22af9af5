/** How are the method and the headers read from the requests of different frameworks? */

/** The part of a request that the guard reads. */
export interface RequestHead {
  readonly method: string;
  /** Every value of a header, in order; `name` is in lower case. */
  values(name: string): readonly string[];
}

/** A request of Node's `http`, and therefore of Express and Connect. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders?: readonly string[] | undefined;
}

/** The head of a Node request. `headers` lacks a second `Authorization`, because Node drops it; `rawHeaders` has it. */
export function headOfNodeRequest({ method = 'GET', headers, rawHeaders = [] }: NodeRequest): RequestHead {
  return {
    method,
    values(name) {
      const sent = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === name && index % 2 === 1);
      if (sent.length > 1) return sent;
      const value = headers[name] ?? (name === 'host' ? headers[':authority'] : undefined);
      return value === undefined ? [] : [value].flat();
    },
  };
}

/**
 * The head of a fetch-style request, which joins several `Authorization` values with a comma. If a framework makes it
 * from a Node request, as Next.js does, Node has already dropped all but the first.
 */
export function headOfRequest({ method, headers, url }: Request): RequestHead {
  return {
    method,
    values(name) {
      const value = headers.get(name) ?? (name === 'host' ? hostOf(url) : null);
      return value === null ? [] : [value];
    },
  };
}

/** The host of a URL: fetch-style requests need not have the header `Host`. */
function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}
