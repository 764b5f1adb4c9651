// Markup from a text, without anything that could run or load by itself. Works on nodes of a document that does nothing,
// and never turns them into a text again.

const TAGS = new Set(`a abbr address article aside b bdi bdo blockquote br button caption cite code col colgroup data dd del details dfn
 div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr i img input ins kbd label legend li main mark meter nav
 ol optgroup option output p picture pre progress q rp rt ruby s samp section select small span strong style sub summary sup table tbody
 td textarea tfoot th thead time tr u ul var wbr svg g path rect circle ellipse line polyline polygon text tspan defs
 lineargradient radialgradient stop clippath title desc`.split(/\s+/));
/** Gone with everything inside. */
const WHOLE = new Set('script iframe frame frameset object embed applet link meta base template noscript math foreignobject use animate set portal'.split(' '));
const ADDRESSES = new Set(['href', 'src', 'srcset', 'xlink:href', 'poster', 'cite', 'background', 'data', 'ping']);
const NEVER = new Set(['srcdoc', 'formaction', 'action', 'is', 'nonce', 'ping', 'http-equiv']);

function harmless(address) {
  const text = address.replace(/[\u0000-\u0020\u007f-\u009f]/g, '').toLowerCase();
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(text)?.[1];
  if (!scheme) return true;
  return ['http', 'https', 'mailto', 'tel', 'blob'].includes(scheme) || /^data:image\/(png|jpe?g|gif|webp|avif)[;,]/.test(text);
}

function clean(element) {
  for (const { name, value } of [...element.attributes]) {
    const lower = name.toLowerCase();
    if (lower.startsWith('on') || NEVER.has(lower) || (ADDRESSES.has(lower) && !value.split(',').every(harmless) && !harmless(value))) {
      element.removeAttribute(name);
    }
  }
}

function walk(parent) {
  for (const node of [...parent.childNodes]) {
    if (node.nodeType === Node.TEXT_NODE) continue;
    const tag = node.nodeType === Node.ELEMENT_NODE ? node.localName.toLowerCase() : null;
    if (tag === null || WHOLE.has(tag)) {
      node.remove();
    } else {
      walk(node);
      if (TAGS.has(tag)) clean(node);
      else node.replaceWith(...node.childNodes);
    }
  }
}

/** A fragment to put somewhere. */
export function sanitised(html) {
  const parsed = new DOMParser().parseFromString(`<body>${html}`, 'text/html');
  walk(parsed.body);
  const fragment = document.createDocumentFragment();
  fragment.append(...[...parsed.body.childNodes].map((node) => document.adoptNode(node)));
  return fragment;
}
