/* The files of a run: listed a part at a time, found by name, and shown side by side.

   What a frame or a download asks for carries no key, so it goes by a token of this run, which is good for minutes. */

import { $, ask, askJson, at, attempt, button, element, save, send, size } from "./page.js";
import { searchIn } from "./search.js";

const A_PAGE = 1000;
const SHOWN = 200;
const MOST_TEXT = 400_000;
const PANES = 2;
const TOKEN_SECONDS = 900;
const LINK = { className: "link" };
const TEXTS = ["markdown", "python", "javascript", "typescript", "json", "yaml", "text", "html", "css", "shell", "xml", "csv"];

let run = "";
let files = [];
let cursor = null;
let total = 0;
let shown = SHOWN;
let rounds = 0;

export async function showFiles(path) {
  run = path;
  const mine = ++rounds;
  const listing = await page(null);
  if (mine !== rounds) return;
  [files, cursor, total] = [listing.files, listing.next_cursor ?? null, listing.total_files];
  $("files").hidden = false;
  $("files-title").textContent = `Files (${total.toLocaleString()})`;
  $("archive").hidden = total === 0;
  searchIn(total && `${run}/workspace/search`, (hit) => button(hit.path, LINK, () => openPath(hit.path)));
  $("find-line").hidden = total < 20;
  list();
}

const page = (from) => askJson(`${run}/workspace/files?limit=${A_PAGE}${from ? `&cursor=${encodeURIComponent(from)}` : ""}`);

async function load() {
  const mine = rounds;
  const listing = await page(cursor);
  if (mine !== rounds) return;
  files.push(...listing.files);
  cursor = listing.next_cursor ?? null;
}

/* All of them where somebody looks for one; else as many as are shown. */
async function loaded() {
  while (cursor !== null && ($("find").value.trim() || files.length < shown)) await load();
}

function list() {
  const looked = $("find").value.trim().toLowerCase();
  const found = looked ? files.filter((file) => file.path.toLowerCase().includes(looked)) : files;
  const some = found.slice(0, shown);
  $("file-rows").replaceChildren(...some.map((file) => element("tr", {},
    element("td", {}, button(file.path, LINK, () => open(file))), element("td", { className: "number" }, size(file.size_bytes)))));
  $("file-table").hidden = some.length === 0;
  const all = looked ? found.length : total;
  const told = all === 0 ? (looked ? "No file is called so." : "None.")
    : some.length < all ? `${some.length.toLocaleString()} of ${all.toLocaleString()} are listed.` : "";
  if ($("files-told").textContent !== told) $("files-told").textContent = told;
  $("more-files").hidden = some.length >= all;
}

$("more-files").addEventListener("click", () => attempt(async () => {
  shown += SHOWN;
  await loaded();
  list();
}, $("more-files")));

$("find").addEventListener("input", () => attempt(async () => {
  shown = SHOWN;
  await loaded();
  list();
}));

/* Panes: a file that is kept open stays beside the next one. */

const kept = new Set();

/* A file that a search found; maybe not among those that have been listed yet. */
async function openPath(wanted) {
  while (cursor !== null && !files.some((file) => file.path === wanted)) await load();
  const found = files.find((file) => file.path === wanted);
  if (found) await open(found);
}

async function open(file) {
  const name = file.path.split("/").at(-1);
  const body = element("div", {}, element("p", { className: "soft" }, "Loading …"));
  const keep = element("button", { type: "button", aria: { pressed: "false" } }, "Keep beside");
  const close = element("button", { type: "button", aria: { label: `Close ${name}` } }, "Close");
  const title = element("h3", { tabIndex: -1 }, file.path);
  const pane = element("article", { className: "pane", aria: { label: file.path } },
    element("div", { className: "head" }, title, keep, button("Download", {}, () => saveFile(run, file.path)), close), body);
  keep.addEventListener("click", () => {
    if (!kept.delete(pane)) kept.add(pane);
    keep.setAttribute("aria-pressed", String(kept.has(pane)));
    keep.textContent = kept.has(pane) ? "Kept" : "Keep beside";
  });
  close.addEventListener("click", () => {
    kept.delete(pane);
    pane.remove();
    arrange();
  });
  for (const other of [...$("panes").children]) if (!kept.has(other)) other.remove();
  while ($("panes").childElementCount >= PANES) {
    kept.delete($("panes").firstElementChild);
    $("panes").firstElementChild.remove();
  }
  $("panes").append(pane);
  arrange();
  title.focus({ preventScroll: true });
  pane.scrollIntoView({ block: "nearest" });
  try {
    body.replaceChildren(...(await content(file)));
  } catch (error) {
    body.replaceChildren(element("p", {}, error.message));
  }
}

function arrange() {
  $("panes").hidden = $("panes").childElementCount === 0;
  $("sides").classList.toggle("alone", $("panes").hidden);
}

async function content(file) {
  const isText = TEXTS.includes(file.type);
  if (isText && file.type !== "markdown" && file.type !== "csv") return text(file);
  try {
    const drawn = [await preview(file)];
    if (isText) drawn.push(button("Show its text", LINK, async () => drawn[0].replaceWith(...(await text(file)))));
    return drawn;
  } catch (error) {
    if (isText) return text(file);
    throw error;
  }
}

async function text(file) {
  if (file.size_bytes > MOST_TEXT) return [element("p", {}, `It has ${size(file.size_bytes)}, which is too much to show here. Download it.`)];
  const whole = await (await ask(`${run}/workspace/file?path=${encodeURIComponent(file.path)}`)).text();
  return [element("pre", { tabIndex: 0, dir: "auto" }, whole)];
}

async function preview(file, number = 1) {
  const path = `workspace/preview?path=${encodeURIComponent(file.path)}`;
  const answer = await ask(`${run}/${path}${number > 1 ? `&page=${number}` : ""}`);
  if (answer.headers.get("Content-Type").startsWith("image/")) {
    const pages = Number(answer.headers.get("X-Page-Count"));
    const told = pages > 1 ? `Page ${number} of ${pages} of ${file.path}` : `Preview of ${file.path}`;
    const drawn = element("img", { src: URL.createObjectURL(await answer.blob()), alt: told });
    return pages > 1 ? leaf(file, number, pages, drawn) : drawn;
  }
  const view = element("iframe", { title: `Preview of ${file.path}`, src: await shared(path) });
  view.setAttribute("sandbox", "");
  return view;
}

/* A page of a document, and the way to those before and behind it. */
function leaf(file, number, pages, drawn) {
  const whole = element("div", {});
  const turn = (text, to) => {
    const made = button(text, LINK, async () => whole.replaceWith(await preview(file, to)));
    made.disabled = to < 1 || to > pages;
    return made;
  };
  const place = element("span", {}, ` ${number} of ${pages} `);
  whole.append(element("p", {}, turn("Page before", number - 1), place, turn("Next page", number + 1)), drawn);
  return whole;
}

/* Addresses that need no key */

let token = null;

async function shared(path) {
  if (token === null || Date.now() > token.until) {
    const made = await send("POST", `${run}/tokens`, { scope: "files", seconds: TOKEN_SECONDS });
    token = { ...made, until: Date.now() + (TOKEN_SECONDS - 60) * 1000 };
  }
  return `${at(token.path.slice(1))}/${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token.token)}`;
}

/* Goes there in this tab: a window of its own would be a pop-up, since a token has to be asked for first. */
export async function goShared(path, rest) {
  run = path;
  location.assign(await shared(rest));
}

export async function saveShared(path, rest, name) {
  run = path;
  save(await shared(rest), name.split("/").at(-1));
}

export const saveFile = (path, file) =>
  saveShared(path, `workspace/file?path=${encodeURIComponent(file)}&disposition=attachment`, file);

export const downloadLink = (text, work) => {
  const link = button(text, LINK, work);
  link.setAttribute("aria-label", `Download ${text}`);
  return link;
};

