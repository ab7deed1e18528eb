/* Sends the calls that /api describes, with the key that is typed in there, and shows what comes back. */
(() => {
  document.documentElement.classList.add("scripted");
  const key = document.getElementById("key");

  const request = (form) => {
    const headers = {};
    let url = form.dataset.url;
    let body;
    const query = new URLSearchParams();
    for (const field of form.querySelectorAll("[data-in]")) {
      const { name, value } = field;
      if (field.dataset.in === "body") { body = value; headers["Content-Type"] = "application/json"; }
      else if (field.dataset.in === "path") url = url.replace(`{${name}}`, encodeURIComponent(value));
      else if (!value) continue;
      else if (field.dataset.in === "header") headers[name] = value;
      else query.append(name, value);
    }
    const typed = key.value.trim();
    if (typed.startsWith("pk_")) headers["X-Site-Key"] = typed;
    else if (typed) headers.Authorization = `Bearer ${typed}`;
    return [query.size ? `${url}?${query}` : url, { method: form.dataset.method, headers, body, credentials: "omit" }];
  };

  const pretty = (text) => {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
  };

  const shown = (title, text) => {
    const heading = document.createElement("p");
    const strong = document.createElement("strong");
    strong.textContent = title;
    heading.append(strong);
    const block = document.createElement("pre");
    block.textContent = text;
    return [heading, block];
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.url) return;
    event.preventDefault();
    const said = form.querySelector(".said");
    try {
      const answer = await fetch(...request(form));
      said.replaceChildren(...shown(`${answer.status} ${answer.statusText}`, pretty(await answer.text())));
    } catch (error) {
      said.replaceChildren(...shown("No answer", String(error)));
    }
  });
})();
