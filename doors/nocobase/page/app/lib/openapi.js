// Reads the server's OpenAPI document: operations by group, and an example of what is sent.

/** `[{ tag, title, operations: [{ method, path, summary, parameters, body, id }] }]`, collections first. */
export function groupsOf(document) {
  const groups = new Map();
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'other';
      if (!groups.has(tag)) groups.set(tag, []);
      const schema = operation.requestBody?.content?.['application/json']?.schema;
      groups.get(tag).push({
        method: method.toUpperCase(), path, summary: operation.summary ?? '', parameters: operation.parameters ?? [],
        takesBody: !!schema, body: schema && exampleOf(schema, document), id: `${method} ${path}`,
      });
    }
  }
  const collections = new Set((document.tags ?? []).map((tag) => tag.name));
  return [...groups].map(([tag, operations]) => ({ tag, collection: collections.has(tag), operations }))
    .sort((a, b) => b.collection - a.collection || a.tag.localeCompare(b.tag));
}

/** A value that fits a schema. */
function exampleOf(schema, document, depth = 0) {
  if (!schema || depth > 4) return {};
  if (schema.$ref) {
    const target = schema.$ref.replace(/^#\//, '').split('/').reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    return exampleOf(target, document, depth + 1);
  }
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([, one]) => one.type !== 'object' && !one.readOnly).map(([name, one]) => [name, exampleOf(one, document, depth + 1)]));
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return false;
    case 'string':
      return { 'date-time': '2026-01-31T09:00:00.000Z', date: '2026-01-31', uuid: '00000000-0000-4000-8000-000000000000' }[schema.format] ?? 'text';
    default:
      return null;
  }
}
