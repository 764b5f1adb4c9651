// Copying, also where the page was not loaded over TLS and the newer way is shut.

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  const top = [...document.querySelectorAll('dialog[open]')].pop() ?? document.body;
  const before = document.activeElement;
  top.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus();
  return done;
}
