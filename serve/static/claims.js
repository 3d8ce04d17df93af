/** The claims as a table, which a narrow screen shows as cards. */

import { element } from "./dom.js";
import { ROLES, lacksDays, percent, reading } from "./format.js";

const HEADINGS = { quantity: "Value", unit: "Unit", date: "When", claimant: "Who" };
const CONFIDENCE = "Confidence";

/**
 * The table of an extraction's claims, and its rows in order. Roles are spelled out because a table that is laid out as
 * cards loses those it has by nature.
 */
export function claimTable({ claims, date }) {
  const rows = claims.map((claim, index) => rowOf(claim, index, date));
  const body = element("tbody", { role: "rowgroup" }, ...rows);
  const caption = element("caption", { class: "unseen" }, "Arrow keys move between claims, Enter goes to the text.");
  return { table: element("table", { role: "table" }, caption, head(), body), rows };
}

function head() {
  const tagged = Object.entries(HEADINGS).map(([role, heading]) => element("span", { class: `tag ${role}` }, heading));
  const cells = [...tagged, CONFIDENCE].map((heading) => element("th", { role: "columnheader", scope: "col" }, heading));
  return element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...cells));
}

function rowOf(claim, index, published) {
  const cells = Object.keys(ROLES).map((role) => cell(role, HEADINGS[role], ...content(claim, role, published)));
  const score = percent(claim.score);
  const bar = element("span", { class: "score", "aria-hidden": "true" });
  bar.style.setProperty("--score", claim.score ?? 0);
  return element(
    "tr",
    { role: "row", tabindex: index ? -1 : 0, "data-index": index },
    ...cells,
    cell("confidence", CONFIDENCE, element("span", { class: "reading" }, score), bar),
  );
}

function cell(name, label, ...content) {
  return element("td", { role: "cell", class: name, "data-label": label }, ...content);
}

/** The value of a mention; below it the words of the text where they differ, and whatever a reader has to know of it. */
function content(claim, role, published) {
  const mention = claim[role];
  if (mention === null) return [remark("not said")];
  const value = reading(claim, role);
  const lines = [element("span", { class: "reading" }, value)];
  if (!saysAlready(mention.text, value)) lines.push(element("q", {}, mention.text));
  if (mention.unparsed !== undefined) lines.push(element("span", { class: "unparsed" }, `not understood: ${mention.unparsed}`));
  if (role === "date" && lacksDays(mention, published)) lines.push(remark("no day without the article’s date"));
  if (mention.provenance === "carried") lines.push(remark("from another sentence"));
  return lines;
}

/** Whether text and value hardly differ: by a plural, an article or a title here, by a modifier or a year's days there. */
function saysAlready(text, value) {
  const [words, valueWords] = [` ${text} `.toLowerCase(), ` ${value} `.toLowerCase()];
  return words.includes(valueWords.trimEnd()) || valueWords.includes(words);
}

function remark(words) {
  return element("span", { class: "remark" }, words);
}
