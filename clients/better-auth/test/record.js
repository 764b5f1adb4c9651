// What a run has been refused with: status, code and words of every refusal, and how it came: through the client, or
// in a request below it. Every process of a run writes a file of its own into .heard/; covered.js reads them at the end.

import { mkdirSync, writeFileSync } from 'node:fs';

const folder = new URL('../.heard/', import.meta.url);
const heard = new Set();

const note = (how, status, { code, message } = {}) => code && heard.add(JSON.stringify({ how, status, code, message }));

/** Hooks for a client: what its answers are, as it understands them. */
export const hooks = {
  onSuccess: ({ data }) => {
    // A verification is answered with 200, whatever it says.
    if (data?.valid === false) note('client', 200, data.error);
  },
  onError: ({ error }) => note('client', error.status, error),
};

/** The same for an answer to a request that no client made. */
export const noteRaw = (status, body) => note('raw', status, body ?? undefined);

process.on('exit', () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${process.pid}.json`, folder), JSON.stringify([...heard].map((line) => JSON.parse(line))));
});
