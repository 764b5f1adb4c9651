// How much a block may send, ask and show. More than it needs, less than would be felt.

export const RUN_MS = 5_000;
/** A block that does not answer for this long is caught in a loop. */
export const SILENCE_MS = 5_000;
export const PING_MS = 2_000;
export const MESSAGES_PER_SECOND = 100;
/** So many beyond that, and it is not a mistake any more. Of all its life: a busy page hears fewer in a second. */
export const DROPPED_MAX = 1_000;
/** To the window itself, past the port. */
export const DIRECT_MAX = 100;
export const MESSAGE_CHARS_MAX = 1 << 20;
export const ANSWER_CHARS_MAX = 5 << 20;
export const TOASTS_MAX = 5;
export const REQUESTS_AT_ONCE = 6;
export const REQUESTS_WAITING_MAX = 100;
export const HEIGHT_MAX = 4_000;
export const TEXT_CHARS_MAX = 1_000;
/** Troubles that are shown; more are only counted. */
export const TROUBLES_MAX = 5;

/** Counts per second: answers how many there were, this one among them. */
export function perSecond(now = () => performance.now()) {
  let [began, count] = [now(), 0];
  return () => {
    if (now() - began >= 1000) [began, count] = [now(), 0];
    count += 1;
    return count;
  };
}
