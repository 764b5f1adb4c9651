// Records as a sheet: what the list shows, downloaded; rows of a file, made into records.

import { h } from '../lib/dom.js';
import { editable, isLink, titleOf } from '../lib/fields.js';
import { saveAs } from '../lib/files.js';
import { button, field, formDialog } from '../ui/form.js';

const XLSX = '.xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const columnsFor = (fields) => fields.map((one) => ({ dataIndex: [one.name], title: titleOf(one), defaultTitle: titleOf(one) }));

/** What the role may do with sheets of this collection. */
export function sheetButtons(context, view, again) {
  const { session } = context;
  const name = view.collection.name;
  const out = session.mayRecords(name, 'view') && session.mayRecords(name, 'export');
  const into = session.mayRecords(name, 'create') && session.mayRecords(name, 'importXlsx');
  return [
    out && button('Export', () => exported(context, view), { kind: 'small', mark: 'down', title: 'Download these records as a sheet' }),
    into && button('Import', async () => (await imported(context, view)) && again(), { kind: 'small', mark: 'up', title: 'Make records of the rows of a sheet' }),
  ];
}

async function exported({ api, toast }, { collection, columns, state }) {
  const title = collection.title || collection.name;
  const close = toast.loading(`Exporting ${title}…`, 0);
  try {
    const answer = await api.request({
      url: `${collection.name}:export`, method: 'post', params: { filter: state.filter, sort: state.sort }, data: { title, columns: columnsFor(columns) },
    });
    saveAs(answer.data, `${title}.xlsx`);
  } finally {
    close();
  }
}

/** Fields a row can fill. Relations are left to programs. */
function fillable({ session }, collection) {
  const writable = session.writable(collection.name, 'create');
  return editable(collection).filter((one) => !isLink(one) && (!writable || writable.has(one.name)));
}

async function imported(context, { collection }) {
  const { api, toast } = context;
  const columns = columnsFor(fillable(context, collection));
  const title = collection.title || collection.name;
  const file = h('input', { class: 'input', type: 'file', accept: XLSX });
  const template = button('Download an empty sheet', async () => {
    const answer = await api.request({ url: `${collection.name}:downloadXlsxTemplate`, method: 'post', data: { title, columns } });
    saveAs(answer.data, `${title}.xlsx`);
  }, { kind: 'small', mark: 'down' });
  return formDialog({
    title: `Import into ${title}`, action: 'Import',
    content: h('div', { class: 'stack' },
      h('p', {}, 'Each row below the titles becomes a record: all of them, or none when one of them is wrong. Empty cells are left out.'),
      h('div', { class: 'stack tight' }, h('p', { class: 'hint' }, `The sheet needs these titles: ${columns.map((one) => one.title).join(', ')}.`), h('div', {}, template)),
      field('Sheet (.xlsx)', file, { required: true, hint: 'At most 5,000 rows.' })),
    submit: async () => {
      const form = new FormData();
      form.append('columns', JSON.stringify(columns));
      form.append('file', file.files[0]);
      const answer = await api.request({ url: `${collection.name}:importXlsx`, method: 'post', data: form });
      const count = answer.data.data?.successCount ?? 0;
      toast.success(`${count.toLocaleString()} ${count === 1 ? 'record was' : 'records were'} added.`);
    },
  });
}
