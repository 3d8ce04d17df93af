/** The server's side of the page: requests, and its refusals in words. */

import { count } from "./format.js";

/** What went wrong, for a reader. `status` is 0 where no answer came; `retryAfter` is in seconds, or null. */
export class Fault extends Error {
  constructor(words, { status = 0, requestId = null, retryAfter = null } = {}) {
    super(words);
    Object.assign(this, { status, requestId, retryAfter });
  }
}

const TOKEN_WANTED = "This server wants an access token: enter it and extract again.";
const WORDS = {
  400: () => "The server could not read the request.",
  401: () => TOKEN_WANTED,
  413: (limits) => `The article is too long for this server${limit(limits)}. Extract it in parts.`,
  422: () => "The server does not take this article.",
  429: (_, wait) => `The server is busy. Try again ${wait}.`,
  503: (_, wait) => `The server is starting or shutting down. Try again ${wait}.`,
  504: () => "The server gave up: this took too long. Try again later, or with a shorter text.",
};
const EXPLAINED = [400, 422]; // where the server's own message says more than we can

/** What the server says about itself. */
export async function info() {
  const response = await fetch("info");
  if (!response.ok) throw new Fault("no info", { status: response.status });
  return response.json();
}

/**
 * The extraction of one document: `row`, and `line`, the same as it came. Copies take the line, so that they are to the
 * byte what the command line writes. Throws a Fault, or an AbortError once `signal` says so.
 */
export async function extract(article, { token, limits, signal }) {
  const body = JSON.stringify({ documents: [article] });
  if (new Blob([body]).size > (limits?.max_bytes ?? Infinity)) throw new Fault(WORDS[413](limits), { status: 413 });
  const response = await send(body, token, signal);
  const answer = await response.text();
  if (!response.ok) throw refusal(response, answer, limits);
  try {
    const line = answer.slice(answer.indexOf("[") + 1, answer.lastIndexOf("]")).trim();
    return { line, row: JSON.parse(line, exact) };
  } catch {
    throw new Fault("The server's answer is not understood. Is something else in between?", { status: response.status });
  }
}

/** A size in words: "2 MB". */
export function bytes(size) {
  const [unit, name] = size >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${+(size / unit).toFixed(1)} ${name}`;
}

async function send(body, token, signal) {
  if (!/^[!-~]*$/.test(token)) throw new Fault("An access token has no spaces and no accents.", { status: 401 });
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  try {
    return await fetch("v1/extract", { method: "POST", body, headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault("The server cannot be reached. Check the connection and try again.");
  }
}

function refusal(response, answer, limits) {
  const { status } = response;
  const retryAfter = Number.parseInt(response.headers.get("Retry-After"), 10) || null;
  const wait = retryAfter === null ? "in a moment" : `in ${count(retryAfter, "second")}`;
  const error = explanation(answer);
  const words = WORDS[status]?.(limits, wait) ?? `Something went wrong on the server (status ${status}).`;
  const more = EXPLAINED.includes(status) && error.message ? ` It says: ${error.message}` : "";
  return new Fault(words + more, { status, retryAfter, requestId: error.request_id ?? null });
}

function explanation(answer) {
  try {
    return JSON.parse(answer).error ?? {};
  } catch {
    return {}; // a proxy's page
  }
}

function limit(limits) {
  return limits?.max_bytes ? `, which takes up to ${bytes(limits.max_bytes)}` : "";
}

/** Whole numbers stay exact where they are too large for a JavaScript number. */
function exact(_, value, context) {
  const large = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return large && /^-?\d+$/.test(context?.source) ? BigInt(context.source) : value;
}
