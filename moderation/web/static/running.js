/* While something runs in the background, the part of its page with data-running looks again every second. Without this
   script a link does. */
"use strict";

(() => {
  const look = async () => {
    const here = document.querySelector("[data-running]");
    if (!here) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(here.id);
      const focused = here.contains(document.activeElement) && document.activeElement.dataset.key;
      if (!now) return;
      here.replaceWith(document.importNode(now, true));
      if (focused) {
        const again = document.querySelector(`#${here.id} [data-key="${focused}"]`);
        if (again) again.focus();
      }
    } catch { /* the next look may do */ }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
