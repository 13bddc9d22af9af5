// The cookies of a sign-in as the server sets them, to compare them with those that a browser keeps.

/** `{ access, refresh }`, each with its name, attributes and lifetime in seconds. */
export async function grantedCookies({ url, post }) {
  const { assertion } = await post('/dev/assertion', { sub: 'nobody' });
  const headers = { 'content-type': 'application/json', origin: url };
  const response = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body: JSON.stringify({ assertion, delivery: 'cookie' }) });
  const cookies = response.headers.getSetCookie().map(parse);
  const find = (kind) => cookies.find(({ name }) => name.includes(kind));
  return { access: find('access'), refresh: find('refresh') };
}

function parse(line) {
  const [pair, ...parts] = line.split('; ');
  const attributes = new Map(parts.map((part) => part.toLowerCase().split('=')));
  return {
    name: pair.split('=')[0],
    maxAge: Number(attributes.get('max-age')),
    attributes: {
      httpOnly: attributes.has('httponly'),
      secure: attributes.has('secure'),
      path: attributes.get('path'),
      sameSite: attributes.get('samesite'),
    },
  };
}
