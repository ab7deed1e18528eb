/* Sliders beside their numbers, and the answer fetched as they move. Without this script the form asks the same. */
"use strict";

(() => {
  const form = document.getElementById("what-if");
  let answer = document.getElementById("answer");
  let waiting = null;
  let asking = null;

  const ask = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    const address = `${form.action}?${new URLSearchParams(Array.from(new FormData(form)).filter(([, value]) => value))}`;
    answer.setAttribute("aria-busy", "true");
    try {
      const told = await fetch(address, { signal: asking.signal, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await told.text(), "text/html");
      const fresh = page.getElementById("answer");
      if (!told.ok || !fresh) { form.submit(); return; }
      answer.replaceWith(fresh);
      answer = fresh;
      history.replaceState(null, "", address);
      offerCopy();
    } catch (error) {
      if (error.name !== "AbortError") answer.removeAttribute("aria-busy");
    }
  };

  const soon = () => { clearTimeout(waiting); waiting = setTimeout(ask, 120); };

  const offerCopy = () => {
    const button = document.getElementById("copy");
    if (!button) return;
    button.addEventListener("click", async () => {
      const text = document.getElementById("toml");
      const said = document.getElementById("copied");
      try {
        await navigator.clipboard.writeText(text.value);
        said.textContent = said.dataset.copied;
      } catch {
        text.select();
        said.textContent = said.dataset.selected;
      }
    });
  };

  form.querySelectorAll(".mover").forEach((mover) => {
    const slider = mover.querySelector("input[type=range]");
    const number = mover.querySelector("input[type=number]");
    const show = () => { mover.toggleAttribute("data-off", number.value === ""); };
    slider.addEventListener("input", () => { number.value = slider.value; show(); soon(); });
    number.addEventListener("input", () => {
      if (number.value !== "") slider.value = number.value;
      show();
      if (number.checkValidity()) soon();
    });
  });
  // Another place begins with thresholds of its own, so that the whole page is asked for.
  ["site", "section"].forEach((id) => document.getElementById(id).addEventListener("change", () => form.submit()));
  ["comments", "seconds"].forEach((id) => document.getElementById(id).addEventListener("input", soon));
  offerCopy();
})();
