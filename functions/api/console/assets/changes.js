/* What a run changed: its patch, file by file, with colours. */

import { $, ask, attempt, counted, element, frame, Refused, saveBlob } from "./page.js";
import { goShared } from "./files.js";
import { readTexts } from "./search.js";

const MOST_BYTES = 2_000_000;
const OPEN_LINES = 400;
const AT_ONCE = 20;

export async function showChanges(path) {
  let found;
  try {
    found = await (await ask(`${path}/diff?limit=1`)).json();
  } catch (error) {
    if (error instanceof Refused && error.code === "diff_not_found") return;
    throw error;
  }
  $("changes").hidden = false;
  $("changes-told").textContent = found.summary.shortstat || counted(found.total_files, "file");
  $("unread").hidden = found.unread.length === 0;
  $("unread-told").textContent = `Not read yet, so not compared by their text: ${found.unread.join(", ")}.`;
  $("read-changes").onclick = () => attempt(async () => {
    await readTexts(path, "changes=true");
    $("patches").replaceChildren();
    await showChanges(path);
  }, $("read-changes"));
  $("words-changed").onclick = () => attempt(() => goShared(path, "diff?format=html"), $("words-changed"));
  $("save-patch").onclick = () => attempt(async () => {
    saveBlob(await (await fetch(await address(path))).blob(), "changes.patch");
  }, $("save-patch"));
  const patch = await (await fetch(found.patch_url)).text();
  const files = patch.slice(0, MOST_BYTES).split(/^(?=diff --git |Binary files )/m)
    .filter((part) => part.startsWith("diff --git ") || part.includes("\n# @@"));
  if (patch.length > MOST_BYTES) $("changes-told").textContent += ". The beginning is shown; download the patch for the rest.";
  for (let first = 0; first < files.length; first += AT_ONCE) {
    $("patches").append(...files.slice(first, first + AT_ONCE).map((part) => file(part, files.length)));
    await frame();
  }
}

/* A fresh one: they are good for a quarter of an hour. */
const address = async (path) => (await (await ask(`${path}/diff?limit=1`)).json()).patch_url;

function file(part, count) {
  /* What is said of the text of a document stands behind a mark, so that git passes over it. */
  const document = part.startsWith("Binary files ");
  const lines = part.replace(/\n$/, "").split("\n").map((each) => document ? each.replace(/^# /, "") : each);
  const from = lines.findIndex((line) => line.startsWith("@@"));
  const body = from === -1 ? lines.slice(1) : lines.slice(from);
  const number = (sign) => body.filter((line) => line.startsWith(sign)).length;
  const [added, removed] = [number("+"), number("-")];
  const details = element("details", { className: "patch" },
    element("summary", {}, name(lines), " ",
      element("span", { className: "good" }, `+${added}`), " ", element("span", { className: "bad" }, `−${removed}`)));
  const fill = () => {
    if (details.childElementCount === 1) details.append(element("pre", { tabIndex: 0 }, ...body.map(line)));
  };
  details.addEventListener("toggle", fill);
  if (count <= 5 && body.length <= OPEN_LINES) {
    fill();
    details.open = true;
  }
  return details;
}

function line(text) {
  const kind = { "+": "added", "-": "removed", "@": "place", "\\": "place" }[text[0]] ?? "";
  return element("span", { className: kind }, text);
}

function name(lines) {
  const document = lines[0].match(/^Binary files a\/(.*) and b\/\1 differ$/);
  if (document) return document[1];
  const to = lines.find((each) => each.startsWith("+++ "))?.slice(4);
  const from = lines.find((each) => each.startsWith("--- "))?.slice(4);
  const told = to && to !== "/dev/null" ? to : from;
  return (told ?? lines[0].replace(/^diff --git .* (?=b\/)/, "")).replace(/^[ab]\//, "");
}
