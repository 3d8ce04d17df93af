/** What a record says, in words for a reader. */

/** The mentions of a claim in the order of the table's columns, and the tag of their spans. */
export const ROLES = { quantity: "QUANTITY", unit: "UNIT", date: "DATE", claimant: "CLAIMANT" };

const MODIFIERS = { eq: "", approx: "about", gt: "more than", ge: "at least", lt: "less than", le: "at most" };
const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 20 });
const DAYS = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

const READINGS = {
  quantity: (claim) => joined(MODIFIERS[claim.quantity.modifier], amount(claim.quantity)),
  unit: ({ unit }) => joined(unit.name, unit.of && `of ${unit.of}`, unit.per && `per ${unit.per}`),
  date: ({ date }) => (date.from === null ? date.text : DAYS.formatRange(new Date(date.from), new Date(date.to))),
  claimant: ({ claimant }) => claimant.name,
};

/** What a mention of a claim stands for; its own text where that was not understood. */
export function reading(claim, role) {
  return claim[role].unparsed === undefined ? READINGS[role](claim) : claim[role].text;
}

/** Whether only the article's own date could tell which days are meant: which Tuesday, which "last year". */
export function lacksDays(date, published) {
  return date.unparsed === undefined && date.from === null && published === null;
}

/** A probability as a percentage. */
export function percent(score) {
  return score === null ? "–" : `${Math.round(score * 100)}%`;
}

/** A count and its noun: "1 claim", "2,000 claims". */
export function count(number, noun) {
  return `${NUMBER.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function amount({ value, low, high, modifier, text }) {
  if (value !== null) return NUMBER.format(value);
  if (low === null) return text;
  if (high !== null) return `${NUMBER.format(low)} to ${NUMBER.format(high)}`;
  return modifier === "gt" || modifier === "ge" ? NUMBER.format(low) : `${NUMBER.format(low)} or more`;
}

function joined(...words) {
  return words.filter(Boolean).join(" ");
}
