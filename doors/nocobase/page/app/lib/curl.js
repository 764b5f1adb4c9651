// A request as a line for a shell.

/** In single quotes, whatever is in it. */
const quoted = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;

export function curlOf({ method, url, token, headers = {}, body }) {
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(url)}`, `-H ${quoted(`Authorization: Bearer ${token}`)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(body)}`);
  return lines.join(' \\\n  ');
}

/** What stands for a key nobody has named. */
export const PLACEHOLDER = '<your API key>';
