/* What all pages of the console share: elements, questions to the service, the key, and words for figures.

   Whatever comes from the service is put in as text, never as markup; the page's policy refuses anything else. */

const KEY = "codex-swarm-api-key";
const SERVICE = new URL("../../", import.meta.url);

export const POLL = 1500;
export const TASK_TYPES = [
  "code", "research", "writing", "data_analysis", "document_processing", "document_writing", "document_analysis",
];
export const TEMPLATES = ["letter", "report", "minutes", "proposal", "invoice", "cv", "slides"];
export const STATUSES = ["queued", "running", "succeeded", "failed", "cancelled"];

export const $ = (id) => document.getElementById(id);
export const MARKS = { pending: "○", in_progress: "◐", done: "●", skipped: "–" };
export const isActive = (run) => run.status === "queued" || run.status === "running";
export const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
export const frame = () => new Promise((done) => { requestAnimationFrame(done); });

export function element(tag, properties = {}, ...children) {
  const { aria = {}, ...own } = properties;
  const made = Object.assign(document.createElement(tag), own);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/* An address of this service; `path` is relative, its parts already encoded. */
export const at = (path) => new URL(path, SERVICE).href;
export const runPage = (id) => at(`ui/runs/${encodeURIComponent(id)}`);

export class Refused extends Error {
  constructor(body, status) {
    super(body.detail ?? `The service answered ${status}.`);
    this.status = status;
    this.code = body.code ?? "";
  }
}

/* The answer, once the service has given one: where it wants a key, the person is asked for it first. */
export async function ask(path, options = {}) {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
    const response = await fetch(at(path), { cache: "no-store", ...options, headers });
    if (response.ok || response.type === "opaqueredirect") return response;
    const body = await response.json().catch(() => ({}));
    const keyless = response.status === 401 || (response.status === 403 && !body.code);
    if (!keyless) throw new Refused(body, response.status);
    if (key === sessionStorage.getItem(KEY)) await anotherKey(key !== null);
  }
}

export const askJson = async (path) => (await ask(path)).json();

export async function send(method, path, body, headers = {}) {
  const sent = { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
  return (await ask(path, sent)).json();
}

/* Notices */

export function notice(text) {
  if ($("notice").textContent !== text) $("notice").textContent = text;
  $("notice").hidden = !text;
}

const inWords = (error) => (error instanceof Refused ? error.message : "No connection to the service.");

/* Does the work of a button, which cannot be pressed again meanwhile; what goes wrong is told. */
export async function attempt(work, button = null) {
  if (button) button.disabled = true;
  try {
    notice("");
    return await work();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof TypeError)) console.error(error);
    notice(error instanceof TypeError ? inWords(error) : error.message);
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

/* A button that does its work when it is pressed; `properties` are those of `element`. */
export function button(text, properties, work) {
  const made = element("button", { type: "button", ...properties }, text);
  made.addEventListener("click", () => attempt(work, made));
  return made;
}

/* Repeats `round`, which gives the milliseconds to wait, or undefined when it is done. Trouble is told and waited out. */
export async function keepUp(round) {
  for (let failures = 0; ;) {
    try {
      const wait = await round();
      if (failures) notice("");
      failures = 0;
      if (wait === undefined) return;
      await pause(wait);
    } catch (error) {
      const lasting = error.status >= 400 && error.status < 500 && error.status !== 429;
      if (!(error instanceof Refused || error instanceof TypeError)) throw error;
      notice(lasting ? error.message : `${inWords(error)} Trying again …`);
      if (lasting) return;
      failures += 1;
      await pause(Math.min(POLL * 2 ** failures, 30000));
    }
    if (document.hidden) await shown();
  }
}

/* Nobody looks: nothing is asked until somebody does. */
const shown = () => new Promise((done) => { document.addEventListener("visibilitychange", done, { once: true }); });

/* The key stays in this tab, until it is closed or the key is forgotten. */

let wanted = null;

function anotherKey(refused) {
  wanted ??= new Promise((done) => {
    const text = element("input", {
      id: "key-text", type: "password", autocomplete: "off", spellcheck: false, required: true,
    });
    const form = element("form", { className: "line" },
      element("label", { htmlFor: "key-text" }, "API key"), text, element("button", { className: "main" }, "Use it"));
    const card = element("section", { className: "card", aria: { labelledby: "key-title" } },
      element("h2", { id: "key-title" }, "This service wants an API key"), form,
      element("p", { className: "soft" }, "Kept in this tab only, until you close it."));
    form.addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      sessionStorage.setItem(KEY, text.value.trim());
      card.remove();
      notice("");
      wanted = null;
      showKey();
      done();
    });
    notice(refused ? "That key was not accepted." : "");
    $("notice").after(card);
    text.focus();
  });
  return wanted;
}

function showKey() {
  $("forget").hidden = sessionStorage.getItem(KEY) === null;
}

/* The head of every page */

function head() {
  const links = [["ui", "Runs"], ["ui/new", "Start a run"], ["ui/usage", "Usage"]].map(([path, text]) => {
    const link = element("a", { href: at(path) }, text);
    if (link.href === location.origin + location.pathname) link.setAttribute("aria-current", "page");
    return link;
  });
  const forget = element("button", { id: "forget", type: "button", hidden: true }, "Forget key");
  forget.addEventListener("click", () => {
    sessionStorage.removeItem(KEY);
    location.assign(at("ui"));
  });
  $("top").append(element("strong", {}, "Codex-Swarm"), element("nav", { aria: { label: "Console" } }, ...links), forget);
  showKey();
}

/* Words for figures */

export function counted(n, what) {
  return `${n.toLocaleString()} ${what}${n === 1 ? "" : "s"}`;
}

export function size(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}

export function time(text) {
  const when = new Date(text);
  const today = when.toDateString() === new Date().toDateString();
  const shape = today ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  return element("time", { dateTime: text, title: when.toLocaleString() }, when.toLocaleString(undefined, shape));
}

export function duration(from, to) {
  const seconds = Math.max(0, (new Date(to) - new Date(from)) / 1000);
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const pill = (status) => element("span", { className: `pill ${status}` }, status);

/* Rows of a definition list; what is empty is left out. */
export function facts(rows) {
  return rows
    .filter(([, ...content]) => content.some((each) => each !== null && each !== undefined && each !== ""))
    .flatMap(([name, ...content]) => [element("dt", {}, name), element("dd", {}, ...content)]);
}

/* Saves what an address of this service gives under its name. */
export function save(address, name) {
  const link = element("a", { href: address, download: name, rel: "noopener" });
  document.body.append(link);
  link.click();
  link.remove();
}

/* The same for a blob, whose address is good until a browser that is slow has begun. */
export function saveBlob(blob, name) {
  const address = URL.createObjectURL(blob);
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

head();
