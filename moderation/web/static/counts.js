/* Fills in how many comments an article has: <a href="/trams#comments" data-comment-count="article-id">, or without an id by
   the link's own address. <script src="https://host/counts.js" data-site-key="…" async></script> */
(() => {
  const script = document.currentScript;
  const ASKED = 100; // at once
  const LONGEST = 4000; // characters of a query
  const lang = document.documentElement.lang || undefined;

  const ask = (group) => {
    let query = `?site=${encodeURIComponent(script.dataset.siteKey)}`;
    for (const [kind, name] of group.keys.values()) query += `&${kind}=${encodeURIComponent(name)}`;
    const request = new XMLHttpRequest();
    request.open("GET", new URL(`api/v1/counts${query}`, script.src));
    request.onload = () => {
      if (request.status !== 200) return;
      const { counts } = JSON.parse(request.responseText);
      for (const [place, name] of group.places) {
        if (Object.hasOwn(counts, name)) place.textContent = new Intl.NumberFormat(lang).format(counts[name]);
      }
    };
    request.send();
  };

  const fill = () => {
    let group = { keys: new Map(), places: [] };
    let length = 0;
    for (const place of document.querySelectorAll("[data-comment-count]")) {
      const id = place.dataset.commentCount;
      const name = id || (place.href || "").split("#")[0];
      if (!id && !/^http/.test(name)) continue;
      const more = encodeURIComponent(name).length + 9;
      if (group.keys.size === ASKED || (length && length + more > LONGEST)) {
        ask(group);
        group = { keys: new Map(), places: [] };
        length = 0;
      }
      length += more;
      group.keys.set(name, [id ? "article" : "url", name]);
      group.places[group.places.length] = [place, name];
    }
    if (group.keys.size) ask(group);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fill);
  else fill();
})();
