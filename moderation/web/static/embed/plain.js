/* The few tools that everything else is made of. The section lives on pages of strangers, whose scripts may have changed
   what is built in: nothing here calls methods of arrays, and requests go without fetch, which is replaced most often. */

const ESCAPED = /["\\\0-\x1f\ud800-\udfff]/gu; // eslint-disable-line no-control-regex -- JSON wants them escaped
const hex = (character) => "\\u" + ("000" + character.charCodeAt(0).toString(16)).slice(-4);

/* JSON by hand: libraries that give strings and arrays a toJSON make JSON.stringify quote twice. */
export const json = (value) => {
  if (typeof value === "string") return `"${value.replace(ESCAPED, hex)}"`;
  if (value === null || typeof value !== "object") return String(value);
  const list = Array.isArray(value);
  let inside = "";
  for (const key of Object.keys(value)) {
    if (value[key] !== undefined) inside += (inside && ",") + (list ? "" : `${json(key)}:`) + json(value[key]);
  }
  return list ? `[${inside}]` : `{${inside}}`;
};

/* What a JSON text says; an empty object where it says nothing. */
export const parsed = (text) => {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
};

/* An element with attributes, listeners (`onclick`) and children. Texts become text, never markup. What has a class is a
   part of the same name, which the page can style. */
export const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const name of Object.keys(attributes || {})) {
    const value = attributes[name];
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value != null && value !== false) element.setAttribute(name, value === true ? "" : value);
    if (name === "class") element.setAttribute("part", value);
  }
  for (const child of children) add(element, child);
  return element;
};

/* A button that sends no form. */
export const press = (label, onclick, more) => make("button", { type: "button", class: "button", onclick, ...more }, label);

export const add = (element, child) => {
  if (child == null || child === false) return;
  element.appendChild(typeof child === "object" ? child : document.createTextNode(child));
};

export const empty = (element) => {
  while (element.firstChild) element.removeChild(element.firstChild);
};

export const TIMEOUT = 20000; // milliseconds

/* One request. Resolves to the answer's JSON; rejects with a refusal: `status` (0 where nothing answered), `code`,
   `params`, `detail`, and `wait`, in seconds, where it says when to come back. */
export const ask = (method, address, headers, body) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  const away = () => reject({ status: request.status, code: "away" });
  request.open(method, address);
  request.timeout = TIMEOUT;
  for (const name of Object.keys(headers || {})) if (headers[name]) request.setRequestHeader(name, headers[name]);
  request.onerror = request.ontimeout = request.onabort = away;
  request.onload = () => {
    const answer = parsed(request.responseText);
    if (request.status >= 200 && request.status < 300) resolve(answer);
    else if (!answer.detail || request.status > 499) away();
    else reject({ ...answer, status: request.status, wait: Number(request.getResponseHeader("Retry-After")) });
  };
  request.send(body);
});

/* Whatever goes wrong, the page goes on: whoever builds it finds the reason in the console. */
export const quietly = (error) => console.warn("reader-comments:", error?.detail || error);
