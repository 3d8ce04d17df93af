/** Claims that leave the page: as the JSON line that came, or as CSV. */

import { ROLES } from "./format.js";

const COLUMNS = {
  quantity: (claim) => claim.quantity.text,
  modifier: (claim) => claim.quantity.modifier,
  value: (claim) => claim.quantity.value,
  low: (claim) => claim.quantity.low,
  high: (claim) => claim.quantity.high,
  unit: (claim) => claim.unit?.text,
  unit_name: (claim) => claim.unit?.name,
  unit_kind: (claim) => claim.unit?.kind,
  unit_code: (claim) => claim.unit?.code,
  unit_of: (claim) => claim.unit?.of,
  unit_per: (claim) => claim.unit?.per,
  unit_provenance: (claim) => claim.unit?.provenance,
  date: (claim) => claim.date?.text,
  timex: (claim) => claim.date?.timex,
  from: (claim) => claim.date?.from,
  to: (claim) => claim.date?.to,
  date_provenance: (claim) => claim.date?.provenance,
  claimant: (claim) => claim.claimant?.text,
  claimant_name: (claim) => claim.claimant?.name,
  claimant_provenance: (claim) => claim.claimant?.provenance,
  score: (claim) => claim.score,
  unparsed: (claim) => Object.keys(ROLES).filter((role) => claim[role]?.unparsed).map((role) => `${role}: ${claim[role].unparsed}`).join("; "),
  start: (claim) => claim.quantity.start,
  end: (claim) => claim.quantity.end,
  sentence: (claim, points) => points.slice(claim.sentence),
};

/** The claims as CSV (RFC 4180), offsets in code points; `points` is the text as CodePoints. */
export function csvOf(claims, points) {
  const rows = claims.map((claim) => Object.values(COLUMNS).map((read) => field(read(claim, points))));
  return [Object.keys(COLUMNS), ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

/** Put a text on the clipboard, also where the page came over plain HTTP and the browser offers no clipboard to it. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const write = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", text);
  };
  document.addEventListener("copy", write, { once: true });
  if (!document.execCommand("copy")) throw new Error("the browser did not copy");
}

/** Save a text as a file. */
export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function field(value) {
  const text = typeof value === "string" ? harmless(value) : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet would run a text that starts like a formula; with an apostrophe before it, it stays text. */
function harmless(text) {
  return /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
}
