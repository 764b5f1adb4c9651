// A key to try the API with, as long as the page is open. In memory only: neither stored nor sent anywhere but to the API.

let chosen = null;

/** `{ token, name }`, or null. */
export const testKey = () => chosen;
export const useTestKey = (key) => (chosen = key);
