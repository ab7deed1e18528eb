/* Where this service stands on its host: its scripts know it by where they came from. */
const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/* A path of ours, such as "/review", as the browser needs it. */
export const at = (path) => root + path;

/* Where the browser is, as the service itself calls it. */
export const ourPath = () => location.pathname.slice(root.length) + location.search;
