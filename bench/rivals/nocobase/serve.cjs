// The real NocoBase server on the database that seed.cjs filled: `node serve.cjs FOLDER PORT`. The installation is the
// one the fixture of the import uses (clients/nocobase/fixture). Listens when everything is there.
const nocobase = require('../../../clients/nocobase/fixture/app.cjs');

// Not what it does by itself: without it every request is written to its log.
process.env.LOGGER_LEVEL = 'warn';
const [folder, port] = process.argv.slice(2);
nocobase.start({ folder, appKey: nocobase.BENCH_APP_KEY, port: Number(port) })
  .catch((error) => { console.error(error); process.exit(1); });
