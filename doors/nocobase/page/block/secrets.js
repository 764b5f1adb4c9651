// Recognises what looks like a key in the code of a block. A warning and no more: what it does not know it does not see.

const SHAPES = [
  /\beyJ[A-Za-z0-9_-]{8,}/,
  /\bnc_pat_[A-Za-z0-9_-]{4,}/,
  /\bkw_[A-Za-z0-9_-]{6,}/,
  /\bBearer\s+(?!\$\{)[A-Za-z0-9._~+/-]{16,}/i,
];

/** The beginning of the first thing that looks like a key, or null. */
export function keyIn(code) {
  const found = SHAPES.map((shape) => shape.exec(code)?.[0]).find(Boolean);
  return found ? `${found.slice(0, 12)}…` : null;
}
