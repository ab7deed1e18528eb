/* The score map by pointer: a range is dragged over the columns, or its edges are set in the two fields by keyboard; then
   the page is asked for its number and sample. Without this script the form's button asks for the same. */
"use strict";

(() => {
  const form = document.getElementById("map");
  const drawn = document.getElementById("drawn");
  if (!form || !drawn) return;
  const from = form.elements.from;
  const to = form.elements.to;
  const width = drawn.viewBox.baseVal.width;
  let asked = null;
  let timer = 0;
  let anchor = null;

  const hundredth = (event) => {
    const box = drawn.getBoundingClientRect();
    return Math.round(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * 100);
  };

  const paint = (low, high) => {
    const chosen = document.getElementById("chosen");
    chosen.setAttribute("x", (low / 100) * width);
    chosen.setAttribute("width", ((high - low) / 100) * width);
    drawn.querySelectorAll(".column").forEach((column, index, all) => {
      const at = (index * 100) / all.length;
      column.classList.toggle("inside", at >= low && at < high);
    });
  };

  const set = (low, high) => {
    from.value = (low / 100).toFixed(2);
    to.value = (high / 100).toFixed(2);
    paint(low, high);
  };

  const edges = () => {
    const low = Math.round((from.value === "" ? 0 : Number(from.value)) * 100);
    const high = Math.round((to.value === "" ? 1 : Number(to.value)) * 100);
    return low >= 0 && high <= 100 && low < high ? [low, high] : null;
  };

  const look = async () => {
    if (asked) asked.abort();
    asked = new AbortController();
    const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    const range = document.getElementById("score-range");
    range.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) { location.assign(address); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      range.replaceWith(document.importNode(page.getElementById("score-range"), true));
      history.replaceState(null, "", address);
      const title = document.querySelector("#score-range h2");
      document.getElementById("said").textContent = title ? title.textContent : "";
    } catch (error) {
      if (error.name !== "AbortError") location.assign(address);
    }
  };

  drawn.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    anchor = hundredth(event);
    drawn.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  drawn.addEventListener("pointermove", (event) => {
    if (anchor === null) return;
    const at = hundredth(event);
    if (at !== anchor) set(Math.min(anchor, at), Math.max(anchor, at));
  });
  drawn.addEventListener("pointerup", (event) => {
    if (anchor === null) return;
    const at = hundredth(event);
    // A click without a drag takes the column under it.
    if (at === anchor) { const low = Math.min(98, at - (at % 2)); set(low, low + 2); }
    anchor = null;
    look();
  });
  drawn.addEventListener("pointercancel", () => { anchor = null; });

  const typed = () => {
    const found = edges();
    if (!found) return;
    paint(...found);
    clearTimeout(timer);
    timer = setTimeout(() => { if (from.value === "") from.value = "0.00"; if (to.value === "") to.value = "1.00"; look(); }, 250);
  };
  from.addEventListener("input", typed);
  to.addEventListener("input", typed);
  form.querySelectorAll("select").forEach((field) => field.addEventListener("change", () => form.requestSubmit()));
})();
