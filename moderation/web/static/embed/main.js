/* The comment section that a page gets by one line. It stands where its script stands, or where a <reader-comments> is
   put, in a shadow root of its own, and begins when a reader comes near it. */
/* global STYLES */
import { make, quietly } from "./plain.js";
import { isDark, whenNear } from "./page.js";
import { known, speaker } from "./words.js";
import { openSection } from "./section.js";
import { service } from "./server.js";

const NAME = "reader-comments";
const script = document.currentScript;
const home = script && script.src ? new URL(".", script.src).href : "/";
const mounted = new WeakMap();

const languageOf = (host) => {
  const near = host.closest("[lang]");
  return known(host.dataset.lang) || known(near && near.lang) || "en";
};

/* The reader's token: the one the site wrote beside the section, or what its callback gives, asked again for a fresh one. */
const tokenOf = (host) => async (anew) => {
  const given = host.readerToken || (window.readerComments && window.readerComments.readerToken);
  if (typeof given === "function") return given(Boolean(anew));
  return given || host.dataset.readerToken;
};

const styled = (root) => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
  } catch (error) {
    quietly(error); // an old browser: plain, and usable
  }
};

const begin = async (host, inside, stay) => {
  const words = await speaker(home, languageOf(host));
  if (!stay()) return null;
  inside.setAttribute("lang", words.lang);
  inside.setAttribute("dir", words.dir);
  const { siteKey: site, article, url, sort = "newest", signIn } = host.dataset;
  const wire = service({ base: home, site, article, url, lang: words.lang, token: tokenOf(host) });
  return openSection(inside, { words, service: wire, site, sort, signIn });
};

/* Light or dark as the page around it, which may change with the hour or a switch. */
const dress = (host, inside) => {
  const look = () => {
    inside.style.colorScheme = host.dataset.scheme || (isDark(host) ? "dark" : "light");
  };
  look();
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", look);
  const page = new MutationObserver(look);
  for (const element of [document.documentElement, document.body]) page.observe(element, { attributes: true });
  return () => {
    system.removeEventListener("change", look);
    page.disconnect();
  };
};

const mount = (host) => {
  if (mounted.has(host)) return;
  const root = host.shadowRoot || host.attachShadow({ mode: "open" });
  const inside = make("div", { class: "comments" });
  root.appendChild(inside);
  styled(root);
  let here = true;
  let undress = null;
  let close = null;
  let callOff = null;
  mounted.set(host, () => {
    here = false;
    mounted.delete(host);
    if (undress) undress();
    if (callOff) callOff();
    if (close) close();
    inside.remove();
  });
  const go = () => {
    undress = dress(host, inside); // not before: on a page that is just being laid out, its ink costs a pass of its own
    begin(host, inside, () => here).then((closing) => {
      if (closing && !here) closing();
      else close = closing;
    }).catch(quietly);
  };
  if (location.hash.startsWith("#comment-")) go();
  else callOff = whenNear(host, go);
};

const unmount = (host) => mounted.get(host)?.();

/* Where a page has custom elements of its own making, or another script has taken the name, plain elements do. */
const define = () => {
  try {
    if (customElements.get(NAME)) return;
    customElements.define(NAME, class extends HTMLElement {
      connectedCallback() { mount(this); }

      disconnectedCallback() { unmount(this); }
    });
  } catch (error) {
    quietly(error);
  }
};

/* Puts a section into `target`, at its end unless it is told `before` what, with options such as {siteKey, article}. */
const place = (target, options, before) => {
  const host = make(NAME);
  for (const name of Object.keys(options)) host.dataset[name] = options[name];
  target.insertBefore(host, before || null);
  mount(host);
  return host;
};

const remove = (host) => {
  unmount(host);
  host.remove();
};

try {
  define();
  const here = (window.readerComments ||= {});
  here.mount ||= place; // a second script on the page leaves it to the first
  here.unmount ||= remove;
  if (script && script.dataset.siteKey && !document.head.contains(script)) {
    here.mount(script.parentNode, script.dataset, script.nextSibling);
  }
} catch (error) {
  quietly(error);
}
