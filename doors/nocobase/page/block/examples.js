// What a new block begins with, and what the editor offers.

/** As the viewer: no key is needed, and everybody sees what their own role may see. */
export const AS_VIEWER = `const close = ctx.message.loading('Loading…', 0);
try {
  const { data } = await ctx.request({ url: 'todos:list', params: { pageSize: 20, sort: ['id'] } });
  const list = document.createElement('ul');
  for (const todo of data.data) {
    const item = document.createElement('li');
    item.textContent = \`\${todo.completed ? '☑' : '☐'} \${todo.title}\`;
    list.append(item);
  }
  ctx.render(list);
} finally {
  close();
}
`;

/** The script of the guide, with the module of this server. */
export const WITH_KEY = `const close = ctx.message.loading('Loading…', 0);
try {
  const axios = await ctx.requireAsync('axios@1/axios.min.js');
  const { data } = await axios.get('{{api}}todos:list', {
    headers: { Authorization: 'Bearer YOUR_API_KEY' },
  });
  console.log(data);
  ctx.render('<pre></pre>');
  ctx.element.querySelector('pre').textContent = JSON.stringify(data.data, null, 2);
  ctx.message.success('Loaded');
} catch (error) {
  ctx.message.error(error.message);
} finally {
  close();
}
`;
