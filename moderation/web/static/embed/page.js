/* What the page around the section says of its article. */
import { parsed } from "./plain.js";

const KIND = /article|blogposting|report/i;
const DEEPEST = 6;

const content = (name) => {
  const found = document.querySelector(`meta[property="${name}"],meta[name="${name}"]`);
  return found?.getAttribute("content") || "";
};

/* The article in a page's JSON-LD, which may stand in lists and graphs. */
const articleIn = (value, depth) => {
  if (!value || typeof value !== "object" || depth > DEEPEST) return null;
  if (KIND.test(String(value["@type"])) && value.headline) return value;
  for (const key of Object.keys(value)) {
    const found = articleIn(value[key], depth + 1);
    if (found) return found;
  }
  return null;
};

const selfDescribed = () => {
  for (const script of document.querySelectorAll('script[type="application/ld+json"]')) {
    const found = articleIn(parsed(script.textContent), 0);
    if (found) return found;
  }
  return {};
};

export const address = () => location.href.split("#")[0];

const host = (url) => `${url}`.split("/")[2]?.replace("www.", "");

/* What the page says that its address is, if that is one of this site: an agency's text has its own at the agency. */
export const canonical = () => {
  const { href } = document.querySelector('link[rel="canonical"]') || {};
  return host(href) === host(address()) ? href : "";
};

/* The article as the page itself describes it, for a newsroom that hasn't registered it: JSON-LD, else Open Graph. */
export const describe = () => {
  const article = selfDescribed();
  const text = String(article.articleBody || article.description || content("og:description") || content("description"));
  return {
    url: canonical() || address(),
    title: String(article.headline || content("og:title") || document.title || address()).slice(0, 1e3),
    text: text.slice(0, 1e5),
  };
};

/* Whether the page around this element is dark, by the ink it writes in, which computed styles give as rgb() with numbers
   to 255, as color() with numbers to 1, or as lab() and its kin, which begin with how light it is. */
export const isDark = (element) => {
  const ink = getComputedStyle(element).color;
  const [a, b, c] = ink.match(/[\d.]+/g) || [0, 0, 0];
  if (/^(ok)?l/.test(ink)) return a > (ink[0] === "o" ? 0.6 : 60);
  return (a * 0.3 + b * 0.6 + c * 0.1) / (ink[0] === "r" ? 255 : 1) > 0.55;
};

/* Does something once the page has nothing more urgent to do, and in two seconds at the latest. */
export const whenIdle = (then) => (window.requestIdleCallback || setTimeout)(then, window.requestIdleCallback ? { timeout: 2000 } : 200);

const NEAR = "800px";

/* Does something once a reader comes near the element. Returns what calls it off. */
export const whenNear = (element, then) => {
  if (!window.IntersectionObserver) {
    then();
    return () => {};
  }
  const watcher = new IntersectionObserver((entries) => {
    if (!entries[entries.length - 1].isIntersecting) return;
    watcher.disconnect();
    then();
  }, { rootMargin: NEAR });
  watcher.observe(element);
  return () => watcher.disconnect();
};
