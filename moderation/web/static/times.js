/* Times by this browser's clock. The page tells them by the site's; UTC shows on hover either way. */
(() => {
  const language = document.documentElement.lang;
  const locale = language === "en" ? "en-GB" : `${language}-u-nu-latn`;
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" });
  const moment = (time) => `${day.format(time)}, ${clock.format(time)}`;

  const tell = (element) => {
    const time = new Date(element.dateTime);
    if (Number.isNaN(time.getTime())) return;
    const kind = element.dataset.told;
    if (kind === "age") element.title = `${moment(time)} · ${element.title.split(" · ").pop()}`;
    else element.textContent = kind === "day" ? day.format(time) : moment(time);
  };

  const tellAll = (within) => {
    if (within.matches("time[data-told]")) tell(within);
    else for (const element of within.querySelectorAll("time[data-told]")) tell(element);
  };

  tellAll(document.documentElement);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) tellAll(node);
  }).observe(document.body, { childList: true, subtree: true });
})();
