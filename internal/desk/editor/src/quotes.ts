// Quotation marks as the language of the story writes them, while one types.
// The straight mark goes in first and is exchanged in a step of its own, so
// that undo gives it back. What is pasted is never touched.
import { Extension } from "@tiptap/core";
import { closeHistory } from "@tiptap/pm/history";
import { Plugin } from "@tiptap/pm/state";

interface Marks {
  outer: [string, string];
  inner: [string, string];
}

const english: Marks = { outer: ["“", "”"], inner: ["‘", "’"] };
const low: Marks = { outer: ["„", "“"], inner: ["‚", "‘"] };
const angled: Marks = { outer: ["«", "»"], inner: ["„", "“"] };
const arabic: Marks = { outer: ["«", "»"], inner: ["“", "”"] };

const byLanguage: Record<string, Marks> = {
  en: english, de: low, cs: low, sk: low, bg: low, ka: low, is: low, sl: low, lt: low,
  ru: angled, be: angled, uk: angled, hy: angled, kk: angled, ky: angled,
  fa: arabic, ar: arabic, ps: arabic, ku: arabic, fr: { outer: ["«\u202f", "\u202f»"], inner: ["“", "”"] },
  pl: { outer: ["„", "”"], inner: ["«", "»"] }, ro: { outer: ["„", "”"], inner: ["«", "»"] }, hu: { outer: ["„", "”"], inner: ["»", "«"] },
  es: { outer: ["«", "»"], inner: ["“", "”"] }, it: { outer: ["«", "»"], inner: ["“", "”"] }, pt: { outer: ["«", "»"], inner: ["“", "”"] },
  sv: { outer: ["”", "”"], inner: ["’", "’"] }, fi: { outer: ["”", "”"], inner: ["’", "’"] },
};

export const marksOf = (language: string): Marks => byLanguage[language.toLowerCase().split("-")[0]] ?? english;

const opensAfter = /(^|[\s([{<\u2013\u2014\u2026/"'“„«‘‚-])$/;

/** What a straight mark becomes, given what stands before it in its paragraph. */
export function typographic(mark: string, before: string, language: string): string {
  const { outer, inner } = marksOf(language);
  if (mark === "'") {
    if (!opensAfter.test(before)) return "’"; // an apostrophe, or the end of a quotation
    return language.toLowerCase().startsWith("en") ? "‘" : mark;
  }
  // Which quotations are open at this place of the paragraph.
  const open: ("outer" | "inner")[] = [];
  for (let i = 0; i < before.length; i++) {
    const c = before[i];
    const top = open.at(-1);
    if (c === outer[1].trim() && top === "outer") open.pop();
    else if (c === inner[1] && top === "inner" && !/\p{L}/u.test(before[i + 1] ?? "")) open.pop(); // between letters it is an apostrophe
    else if (c === outer[0].trim() && top === undefined) open.push("outer");
    else if (c === inner[0] && top === "outer") open.push("inner");
  }
  if (opensAfter.test(before)) return (open.length > 0 ? inner : outer)[0];
  return (open.at(-1) === "inner" ? inner : outer)[1];
}

export const Quotes = Extension.create<{ language: string }>({
  name: "quotes",
  addOptions: () => ({ language: "en" }),
  addProseMirrorPlugins() {
    const language = this.options.language;
    return [
      new Plugin({
        props: {
          handleTextInput(view, from, to, text) {
            if (text !== '"' && text !== "'") return false;
            const $from = view.state.doc.resolve(from);
            const before = $from.parent.textBetween(Math.max(0, $from.parentOffset - 600), $from.parentOffset, undefined, "\ufffc");
            const becomes = typographic(text, before, language);
            if (becomes === text) return false;
            view.dispatch(view.state.tr.insertText(text, from, to).scrollIntoView());
            view.dispatch(closeHistory(view.state.tr.insertText(becomes, from, from + 1)));
            return true;
          },
        },
      }),
    ];
  },
});
