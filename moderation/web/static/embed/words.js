/* The section's words in the reader's language. English stands in the sources; what another language says for it comes as
   a file of its own, made from its catalogue (moderation/core/catalogues). */
/* global LANGUAGES */
import { ask } from "./plain.js";

const TAG = /^([a-z]{2})(-[a-z\d]{2,8})*$/;

/* A tag such as `pt-BR`, if it names one of the languages there are. */
export const known = (tag) => {
  const found = TAG.exec((tag || "").toLowerCase());
  return found && LANGUAGES[found[1]] ? found[0] : null;
};

/* How a language speaks; numbers and times are told as in its country, that of the tag, else of the browser. Without its
   file, as when it couldn't be had, it is English. */
export const speaker = async (base, tag) => {
  const code = tag.slice(0, 2);
  const found = code === "en" ? {} : await ask("GET", `${base}embed.${code}.json?${LANGUAGES[code]}`).catch(() => null);
  const lang = found ? code : "en";
  const here = known(navigator.language) || "";
  const place = !found ? lang : tag === code && here.startsWith(code) ? here : tag;
  const numbers = new Intl.NumberFormat(place);
  const plural = new Intl.PluralRules(lang);
  const since = new Intl.RelativeTimeFormat(place, { numeric: "auto" });
  const date = new Intl.DateTimeFormat(place, { dateStyle: "long" });

  const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (whole, name) => {
    const value = values[name];
    return typeof value === "number" ? numbers.format(value) : value;
  });

  return {
    lang,
    dir: lang === "ar" ? "rtl" : "ltr",
    number: (n) => numbers.format(n),
    gettext: (text, values) => filled((found && found[text]) || text, values),
    /* English has two forms; another language's file has one for each kind of number that it tells apart. */
    ngettext: (one, many, num) => {
      const forms = found && found[one];
      return filled(forms ? forms[plural.select(num)] || forms.other : num === 1 ? one : many, { num });
    },
    moment: (time) => new Intl.DateTimeFormat(place, { dateStyle: "long", timeStyle: "short" }).format(time),
    /* "3 hours ago", after a week the day. */
    ago: (time) => {
      const minutes = Math.min(0, Math.round((time - Date.now()) / 60000));
      if (minutes > -60) return since.format(minutes, "minute");
      if (minutes > -1440) return since.format(Math.round(minutes / 60), "hour");
      if (minutes > -10080) return since.format(Math.round(minutes / 1440), "day");
      return date.format(time);
    },
  };
};
