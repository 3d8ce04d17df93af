/** The page: an article goes out, its marks and claims come in. */

import { Fault, bytes, extract, info } from "./api.js";
import { claimTable } from "./claims.js";
import { byId } from "./dom.js";
import { EXAMPLE } from "./example.js";
import { copy, csvOf, download } from "./export.js";
import { onDrop, readText } from "./files.js";
import { ROLES, count } from "./format.js";
import { Linking } from "./linking.js";
import { CodePoints } from "./offsets.js";
import { Reader } from "./reader.js";

const form = byId("form");
const [textInput, dateInput, tokenInput, fileInput] = ["text", "date", "token", "file"].map(byId);
const [reading, claimsPane, turnButton] = ["reading", "claims", "turn"].map(byId);
const FORMATS = {
  json: { name: "JSON", type: "application/json", ending: "jsonl", write: ({ line }) => `${line}\n` },
  csv: { name: "CSV", type: "text/csv", ending: "csv", write: ({ row, points }) => csvOf(row.claims, points) },
};
const BYTE_ORDER_MARK = "\ufeff"; // without it spreadsheets take a CSV file for one in the machine's old encoding

const reader = new Reader(byId("reader"));
const linking = new Linking(reader, claimsPane, (item) => {
  turn(true);
  item.focus();
});

let limits = null; // the server's, once known
let loaded = { name: "article", text: "", shown: "" }; // a text field shows every line end as "\n": offsets need the original
let result = null; // { article, row, line, points }
let running = null; // the AbortController of the request under way
let opening = null; // the promise of the file that was taken last, while it is being read: whether it could be

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
form.addEventListener("input", showWhetherOutdated);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit();
});
for (const id of ["example", "example-link"]) byId(id).addEventListener("click", () => load(EXAMPLE));
byId("open").addEventListener("click", () => fileInput.click());
byId("cancel").addEventListener("click", () => running?.abort());
turnButton.addEventListener("click", () => turn(reading.hidden));
fileInput.addEventListener("change", () => fileInput.files.length && take(fileInput.files[0]));
onDrop(byId("page"), take);
byId("exports").addEventListener("click", ({ target }) => {
  const { copy: copied, download: saved } = target.closest("button")?.dataset ?? {};
  if (copied) copyAs(FORMATS[copied]);
  if (saved) downloadAs(FORMATS[saved]);
});
if (/Mac|iPhone|iPad/.test(navigator.platform)) form.querySelector("kbd").textContent = "⌘ ↵";
describeServer();

async function run() {
  while (opening) if (!(await opening)) return; // whoever asks while a file is still being read means that file
  const article = currentArticle();
  if (running) return;
  if (!article.text.trim()) {
    turn(false);
    textInput.focus();
    return complain(new Fault("There is no text yet: paste an article first."));
  }
  running = new AbortController();
  setBusy(true, `Reading ${count(wordsIn(article.text), "word")}…`);
  let answer;
  try {
    answer = await extract(article, { token: tokenInput.value.trim(), limits, signal: running.signal });
  } catch (error) {
    setBusy(false);
    return error.name === "AbortError" ? say("Cancelled.") : complain(error);
  }
  setBusy(false);
  show({ article, points: new CodePoints(article.text), ...answer });
}

function currentArticle() {
  const text = textInput.value;
  const original = text === loaded.shown ? loaded : { name: "article", text };
  return { id: original.name, date: dateInput.value || null, text: original.text.toWellFormed() };
}

function show(shown) {
  result = shown;
  const { row, points } = result;
  const { table, rows } = claimTable(row);
  reader.show(points, row.spans);
  claimsPane.replaceChildren(table);
  claimsPane.hidden = byId("exports").hidden = !rows.length;
  byId("empty").hidden = true;
  turnButton.hidden = false;
  turn(true);
  linking.connect(row, rows, points);
  say(summary(row, points.text));
  showWhetherOutdated();
  (rows[0] ?? byId("claims-heading")).focus();
}

function summary({ claims }, text) {
  if (!claims.length) return `No number in ${count(wordsIn(text), "word")}, so no claim.`;
  const anonymous = claims.filter((claim) => !claim.claimant).length;
  const unparsed = claims.flatMap((claim) => Object.keys(ROLES).filter((role) => claim[role]?.unparsed)).length;
  const parts = [`${count(claims.length, "claim")} in ${count(wordsIn(text), "word")}`];
  if (anonymous) parts.push(`${anonymous} without a claimant`);
  if (unparsed) parts.push(`${unparsed} not understood in part`);
  return `${parts.join("; ")}.`;
}

function wordsIn(text) {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Turn between the text with its marks and the field in which it is edited. */
function turn(toReading) {
  reading.hidden = !toReading;
  textInput.hidden = toReading;
  turnButton.textContent = toReading ? "Edit text" : "Show marks";
}

function showWhetherOutdated() {
  const article = currentArticle();
  byId("outdated").hidden = !result || (article.text === result.article.text && article.date === result.article.date);
}

function load({ name, text, date }) {
  textInput.value = text;
  loaded = { name, text, shown: textInput.value };
  if (date) dateInput.value = date;
  turn(false);
  textInput.focus();
  textInput.setSelectionRange(0, 0);
  textInput.scrollTop = 0;
  say("");
  showWhetherOutdated();
}

function take(file) {
  const mine = open(file, () => opening === mine).finally(() => opening === mine && (opening = null));
  opening = mine;
}

/** Whether the file could be read. If another was taken meanwhile, this one is left alone. */
async function open(file, isLast) {
  fileInput.value = ""; // so that the same file can be opened again
  try {
    const text = await readText(file, limits?.max_bytes);
    if (isLast()) load({ name: file.name.replace(/\.[^.]*$/, ""), text });
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

async function copyAs({ name, write }) {
  try {
    await copy(write(result));
    say(`Copied ${count(result.row.claims.length, "claim")} as ${name}.`);
  } catch {
    complain(new Fault(`The browser did not allow copying. Download the ${name} instead.`));
  }
}

function downloadAs({ type, ending, write }) {
  const mark = type === "text/csv" ? BYTE_ORDER_MARK : "";
  download(`${result.article.id}.claims.${ending}`, type, mark + write(result));
}

function setBusy(busy, words = "") {
  if (!busy) running = null;
  byId("progress").hidden = byId("cancel").hidden = !busy;
  byId("extract").disabled = busy;
  claimsPane.setAttribute("aria-busy", busy);
  say(words);
}

/** Words for everybody: shown, and read aloud by screen readers. They replace what was said before. */
function say(words) {
  byId("status").textContent = words;
  byId("fault").textContent = "";
}

function complain({ message, status, requestId, retryAfter }) {
  const words = requestId ? `${message} (Request ${requestId})` : message;
  say("");
  byId("fault").textContent = words;
  if (status === 401) askForToken().focus();
  if (retryAfter) setTimeout(() => byId("fault").textContent === words && say("You can try again now."), retryAfter * 1000);
}

function askForToken() {
  byId("token-field").hidden = false;
  return tokenInput;
}

async function describeServer() {
  try {
    const { name, version, model, auth, ...rest } = await info();
    limits = rest.limits;
    if (auth) askForToken();
    const parts = [`${name} ${version}`, `model ${model.revision}`, `up to ${bytes(limits.max_bytes)} at once`];
    byId("about").textContent = `${parts.join(" · ")}. The article goes to this server and nowhere else.`;
  } catch {
    byId("about").textContent = "The server does not say what it is. It may still be starting.";
  }
}
