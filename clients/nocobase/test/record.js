// What a run has asked and heard through the SDK: each action with the status of its answer, each refusal with its code.
// Every process of a run writes a file of its own into .heard/; covered.js reads them when all are done.

import { mkdirSync, writeFileSync } from 'node:fs';

const folder = new URL('../.heard/', import.meta.url);
const calls = new Set();
const refusals = new Set();

/** `todos:list`, `users.roles:add` of an address; undefined of one that has no such form. */
function action(url = '') {
  const path = url.split('?')[0].replace(/^https?:\/\/[^/]+/, '').replace(/^\/?(nocobase\/)?(api\/)?/, '');
  const found = path.match(/^([^/:]+)(?:\/[^/:]+\/([^/:]+))?:(\w+)(?:\/.*)?$/);
  return found && `${[found[1], found[2]].filter(Boolean).join('.')}:${found[3]}`;
}

function note({ config, status, data }) {
  const name = action(config.url);
  if (name) calls.add(`${name} ${status}`);
  for (const { code, message } of data?.errors ?? []) refusals.add(`${status} ${code ?? message}`);
}

/** Notes every answer this client gets. */
export function record(axios) {
  axios.interceptors.response.use(
    (answer) => {
      note(answer);
      return answer;
    },
    (error) => {
      if (error.response) note(error.response);
      throw error;
    },
  );
}

process.on('exit', () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${process.pid}.json`, folder), JSON.stringify({ calls: [...calls], refusals: [...refusals] }));
});
