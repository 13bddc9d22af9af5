/** What was asked, however the framework hands it over: the method, and all values of a header. */

/** The part of a request that a check looks at. */
export interface RequestHead {
  readonly method: string;
  /** Every value that was sent under this name (in lower case), in order. */
  values(name: string): readonly string[];
}

/** A request of Node's `http`, and so of Express and Connect. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders?: readonly string[] | undefined;
}

/** The head of a Node request. Node drops a second `Authorization` without a word; the raw headers still have it. */
export function headOfNodeRequest({ method = 'GET', headers, rawHeaders = [] }: NodeRequest): RequestHead {
  return {
    method,
    values(name) {
      const sent = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === name && index % 2 === 1);
      if (sent.length > 1) return sent;
      const value = headers[name];
      return value === undefined ? [] : [value].flat();
    },
  };
}

/**
 * The head of a fetch-style request, whose headers come joined: several `Authorization` values with a comma. Where a
 * framework makes it from a Node request, as Next.js does, Node has already dropped all but the first.
 */
export function headOfRequest({ method, headers }: Request): RequestHead {
  return {
    method,
    values(name) {
      const value = headers.get(name);
      return value === null ? [] : [value];
    },
  };
}
