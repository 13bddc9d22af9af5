/** Is a text an IP address or a network, as the API accepts it? A hint for the reader; the server decides. */

const BYTE = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const IPV4 = new RegExp(`^(?:${BYTE}\\.){3}${BYTE}(?:/24)?$`);
/** Groups of hexadecimal digits with at most one gap. */
const IPV6 = /^(?=.*:)(?!.*::.*::)[0-9a-f:]{2,39}(?:\/64)?$/i;
const IPV6_WITH_IPV4 = /^::(?:ffff:)?(?:\d{1,3}\.){3}\d{1,3}$/i;

export function isNetwork(text: string): boolean {
  return IPV4.test(text) || IPV6.test(text) || IPV6_WITH_IPV4.test(text);
}
