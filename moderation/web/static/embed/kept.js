/* What is kept in this tab, and nowhere else: what somebody is writing, and receipts of what they have sent. Where a page
   lets nothing be stored, it lasts as long as the page does. */
import { json, parsed } from "./plain.js";

const memory = new Map();

const store = () => {
  try {
    return window.sessionStorage;
  } catch {
    return null; // a sandboxed page
  }
};

const read = (name) => {
  let text = memory.get(name);
  try {
    text = store()?.getItem(name) ?? text;
  } catch { /* memory has it */ }
  return text ? parsed(text) : null;
};

const write = (name, value) => {
  if (value) memory.set(name, json(value));
  else memory.delete(name);
  try {
    if (value) store()?.setItem(name, json(value));
    else store()?.removeItem(name);
  } catch { /* full or forbidden: memory has it */ }
};

/* A name for a request: sent again under the same name it is done once. */
export const newKey = () => {
  let key = "";
  for (const number of crypto.getRandomValues(new Uint32Array(4))) key += number.toString(36);
  return key;
};

/* The keeper of one article. A draft is {name, body, key, asked}; of a comment that was sent it keeps what is shown of it. Drafts
   lie together: to look for one under every comment would take longer than to draw them. */
export const keeperOf = (site, article) => {
  const name = (kind) => `reader-comments ${kind} ${site} ${article}`;
  const writer = `reader-comments writer ${site}`;
  let drafts = read(name("drafts")) || {};
  return {
    draft: (parent) => drafts[parent],
    keepDraft: (parent, draft) => {
      drafts = { ...read(name("drafts")), [parent]: draft && draft.body ? draft : undefined }; // another section's stay
      write(name("drafts"), drafts);
      if (draft && draft.name) write(writer, { name: draft.name });
    },
    writer: () => (read(writer) || {}).name || "",
    own: () => {
      const list = read(name("own"));
      return Array.isArray(list) ? list : [];
    },
    keepOwn: (list) => write(name("own"), list.length ? list : null),
  };
};
