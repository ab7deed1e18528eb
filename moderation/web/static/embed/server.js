/* What the section asks of the service: no cookies, and on behalf of a reader only with the token that the site gave. */
import { ask, json } from "./plain.js";
import { address, canonical, describe } from "./page.js";

const query = (values) => {
  let text = "";
  for (const name of Object.keys(values)) {
    if (values[name]) text += `${text ? "&" : "?"}${name}=${encodeURIComponent(values[name])}`;
  }
  return text;
};

/* `token(anew)` gives the reader's token, a fresh one if asked, or nothing. */
export const service = ({ base, site, article, url, lang, token }) => {
  const api = `${base}api/v1/`;
  const named = article ? { article } : { url: url || address(), canonical: url ? "" : canonical() };
  const get = (path, values) => ask("GET", `${api}${path}${query({ site, ...values })}`);

  const post = async (path, body, key, anew) => {
    const reader = await token(anew);
    const headers = {
      "Content-Type": "application/json",
      "Accept-Language": lang,
      "X-Site-Key": site,
      "Idempotency-Key": key,
      Authorization: reader && `Reader ${reader}`,
    };
    try {
      return await ask("POST", api + path, headers, body);
    } catch (refusal) {
      if (refusal.status !== 401 || !reader) throw refusal;
      if (anew) throw { ...refusal, code: "signed_out" };
      return post(path, body, key, true); // the same request: done once, however often it arrives
    }
  };

  return {
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
