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

const MINUTE = 60000; // milliseconds

/* How a language speaks; numbers and dates are told as in its country, that of the tag, else of the browser. Without its
   file, as when it couldn't be had, it is English. A browser takes long to be ready to word its first number or date, longer
   than to draw all comments: small numbers and times that aren't long ago do without. */
export const speaker = async (base, tag) => {
  const code = tag.slice(0, 2);
  const found = code === "en" ? {} : await ask("GET", `${base}embed.${code}.json?${LANGUAGES[code]}`).catch(() => null);
  const lang = found ? code : "en";
  const here = known(navigator.language) || "";
  const place = !found ? lang : tag === code && here.startsWith(code) ? here : tag;
  let plural;
  let numbers;
  let dates;

  const number = (n) => (n < 1000 && lang !== "ar" ? `${n}` : (numbers ||= new Intl.NumberFormat(place)).format(n));
  const filled = (text, values) => (values ? text.replace(/%\((\w+)\)s/g, (whole, name) => {
    const value = values[name];
    if (typeof value === "number") return number(value);
    return lang === "ar" ? `\u2068${value}\u2069` : value; // a Latin name keeps its full stop at its own end
  }) : text);
  const gettext = (text, values) => filled((found && found[text]) || text, values);
  /* English has two forms; another language's file has one for each kind of number that it tells apart. */
  const ngettext = (one, many, num) => {
    const forms = found && found[one];
    return filled(forms ? forms[(plural ||= new Intl.PluralRules(lang)).select(num)] || forms.other : num === 1 ? one : many, { num });
  };

  return {
    lang,
    dir: lang === "ar" ? "rtl" : "ltr",
    number,
    gettext,
    ngettext,
    moment: (time) => new Intl.DateTimeFormat(place, { dateStyle: "long", timeStyle: "short" }).format(time),
    /* "3 hours ago", after a week the day. */
    ago: (time) => {
      const minutes = Math.round((Date.now() - time) / MINUTE);
      const hours = Math.round(minutes / 60);
      if (minutes < 1) return gettext("just now");
      if (minutes < 60) return ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes);
      if (hours < 24) return ngettext("%(num)s hour ago", "%(num)s hours ago", hours);
      if (hours < 168) return ngettext("%(num)s day ago", "%(num)s days ago", Math.round(hours / 24));
      return (dates ||= new Intl.DateTimeFormat(place, { dateStyle: "long" })).format(time);
    },
  };
};
