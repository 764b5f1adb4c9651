// Fills the database that serve.cjs serves: `node seed.cjs FOLDER ROWS`. The collection, its role and the key are made
// with the requests that make them in Keyward; only the rows are written at once, because over HTTP each takes it
// milliseconds. Leaves the key in FOLDER/key.
const fs = require('node:fs');
const path = require('node:path');
const nocobase = require('../../../clients/nocobase/fixture/app.cjs');

const [folder, rows] = process.argv.slice(2);

async function main() {
  const { app, call, root } = await nocobase.start({ folder, appKey: nocobase.BENCH_APP_KEY });
  const admin = await root();
  await call('collections:create', { name: 'todos', fields: [{ name: 'title', type: 'string' }, { name: 'completed', type: 'boolean' }] }, admin);
  await app.db.sequelize.query(
    `WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${Number(rows)})
     INSERT INTO todos (title, completed) SELECT 'todo number ' || n, n % 3 = 0 FROM numbers`,
  );
  await call('roles:create', { name: 'todosApi', title: 'To Dos API Role', strategy: { actions: ['view'] } }, admin);
  await call('users/1/roles:add?filterByTk=todosApi', {}, admin);
  const { token } = await call('apiKeys:create', { name: 'bench', role: { name: 'todosApi' }, expiresIn: '30d' }, admin);
  await app.db.close();
  fs.writeFileSync(path.join(folder, 'key'), token);
  process.exit(0);
}
main().catch((error) => { console.error(error); process.exit(1); });
