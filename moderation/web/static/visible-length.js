/* Counts a comment as the server counts it (moderation/core/text/written.py): grapheme clusters of the NFC text, trimmed,
   without invisible characters, each run of white space once; of the marks piled on a letter only eight are kept. */
/* eslint no-control-regex: "off" -- separators are white space to Python */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u2800]/gu;
const SPACE = /^[\t-\r\x1c-\x20\x85\p{Zs}\u2028\u2029]+$/u; // what Python calls white space
const PILED = /([\p{M}\uff9e\uff9f]{8})[\p{M}\uff9e\uff9f]+/gu;
const BEYOND_ASCII = /[^\0-\x7f]/; // where one character may have several parts
let segmenter;

/* A browser takes long to be ready to find them: not before they are there. */
const clusters = (text) => {
  if (!BEYOND_ASCII.test(text) || !window.Intl || !Intl.Segmenter) return text;
  segmenter ||= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
};

export const visibleLength = (text) => {
  const canonical = text.replace(/\r\n?/g, "\n").replace(PILED, "$1").normalize("NFC").replace(PILED, "$1");
  let seen = 0;
  let blank = true;
  for (const part of clusters(canonical)) {
    const cluster = part.segment ?? part;
    const rest = SPACE.test(cluster) ? cluster : cluster.replace(INVISIBLE, "");
    if (!rest) continue;
    const isSpace = SPACE.test(rest);
    if (!(isSpace && blank)) seen += 1;
    blank = isSpace;
  }
  return seen && blank ? seen - 1 : seen;
};
