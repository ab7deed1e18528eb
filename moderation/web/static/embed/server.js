/* What the section asks of the service: no cookies, and on behalf of a reader only with the token that the site gave. */
import { TIMEOUT, ask, json, parsed } from "./plain.js";
import { address, canonical, describe } from "./page.js";

const query = (values) => {
  let text = "";
  for (const name of Object.keys(values)) {
    if (values[name]) text += `${text ? "&" : "?"}${name}=${encodeURIComponent(values[name])}`;
  }
  return text;
};

const PATIENCE = 3000; // milliseconds that the site's callback may hold up the section; what is sent waits longer
const SIGNED_OUT = { status: 401, code: "signed_out" };

const within = (limit, promise) => Promise.race([promise, new Promise((_, late) => setTimeout(late, limit))]);

/* `token(anew)` gives the reader's token, a fresh one if asked, or nothing. */
export const service = ({ base, site, article, url, lang, token }) => {
  const api = `${base}api/v1/`;
  const named = article ? { article } : { url: url || address(), canonical: url ? "" : canonical() };
  const get = (path, values) => ask("GET", `${api}${path}${query({ site, ...values })}`);

  const post = async (path, body, key, anew) => {
    const given = await within(TIMEOUT, token(anew)).catch(() => { anew = true; });
    if (anew && !given) throw SIGNED_OUT; // nobody who has signed in becomes a guest unasked
    const headers = {
      "Content-Type": "application/json",
      "Accept-Language": lang,
      "X-Site-Key": site,
      "Idempotency-Key": key,
      Authorization: given && `Reader ${given}`,
    };
    try {
      return await ask("POST", api + path, headers, body);
    } catch (refusal) {
      if (refusal.status !== 401 || !given) throw refusal;
      if (anew) throw SIGNED_OUT;
      return post(path, body, key, true); // the same request: done once, however often it arrives
    }
  };

  /* The name in the reader's token, which the service will read for itself; nothing where there is none. */
  const reader = async () => {
    try {
      const [, claims] = (await within(PATIENCE, token())).split(".");
      const bytes = atob(claims.replace(/-/g, "+").replace(/_/g, "/"));
      return parsed(decodeURIComponent(escape(bytes))).name; // UTF-8
    } catch { /* nobody who can be named */ }
  };

  return {
    reader,
    /* The first page, or the one at a cursor. */
    page: (sort, cursor) => get("section", { ...named, sort, cursor, lang }),
    replies: (comment, cursor) => get("section/replies", { comment, cursor }),
    news: (id, since) => get("section/news", { article: id, since }),
    /* Where a comment stands that this reader has sent. */
    standing: (id, receipt) => ask("GET", `${api}comments/${id}${query({ receipt, lang })}`),
    rules: `${base}rules${query({ site, lang })}`,
    link: (id, receipt) => `${base}comments/${id}${query({ receipt, lang })}`,
    /* A browser is told nothing of an answer that its page mayn't read: where the public list still answers, it is that. */
    send: async (facts, { name, body, key, asked }, parent) => {
      const { id, known } = facts.article;
      const comment = json({ author: { name }, body, parent_id: parent || undefined, article: known ? undefined : describe(), ask_first: !asked });
      try {
        return await post(`articles/${encodeURIComponent(id)}/comments`, comment, key);
      } catch (refusal) {
        if (refusal.status) throw refusal;
        await get("section", named).catch(() => { throw refusal; });
        throw { code: "shut_out" };
      }
    },
  };
};
