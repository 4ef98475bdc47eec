/* Words in the files of a run or a project: where they stand, and what was not searched. */

import { $, ask, askJson, attempt, counted, element } from "./page.js";

let scope = "";
let open = null;
let asked = "";
let cursor = null;

/* `path` is of a run or a project; `follow` gives the link or button of a hit. */
export function searchIn(path, follow) {
  if (path !== scope) forget();
  [scope, open] = [path, follow];
  $("search").hidden = !path;
}

function forget() {
  [asked, cursor] = ["", null];
  $("hits").replaceChildren();
  $("unsearched").replaceChildren();
  $("more-hits").hidden = true;
  $("search-told").textContent = "";
}

async function find(more = false) {
  const words = more ? asked : $("words").value.trim();
  if (!words) return;
  if (!more) {
    forget();
    $("search-told").textContent = "Searching …";
  }
  asked = words;
  const found = await askJson(`${scope}?q=${encodeURIComponent(words)}${more ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
  cursor = found.next_cursor ?? null;
  $("hits").append(...found.hits.map(hit));
  $("more-hits").hidden = cursor === null;
  const files = `${counted(found.total_files, "file")}${found.runs > 1 ? ` of ${counted(found.runs, "run")}` : ""}`;
  $("search-told").textContent = cursor !== null ? `${counted($("hits").childElementCount, "place")} so far, there may be more in ${files}.`
    : $("hits").childElementCount ? `${counted($("hits").childElementCount, "place")} in ${files}.` : `Not found in ${files}.`;
  if (found.not_searched.length) $("unsearched").append(unsearched(found));
}

function hit(found) {
  /* Where a match begins is told in characters, and a string counts some of them twice. */
  const letters = [...found.snippet];
  const part = (from, to) => letters.slice(from, to).join("");
  return element("li", {}, open(found), element("span", { className: "soft" }, ` ${found.place}`),
    element("p", { className: "said", dir: "auto" }, part(0, found.start), element("mark", {}, part(found.start, found.end)), part(found.end)));
}

function unsearched(found) {
  const runs = [...new Set(found.not_searched.filter((file) => file.unread).map((file) => file.run_id))];
  const more = found.not_searched_total - found.not_searched.length;
  const read = element("button", { type: "button", hidden: runs.length === 0 }, "Have them read, and search again");
  read.addEventListener("click", () => attempt(async () => {
    $("search-told").textContent = "Reading …";
    for (const run of runs) await readTexts(`runs/${encodeURIComponent(run)}`);
    await find();
  }, read));
  return element("div", {},
    element("p", {}, `Not searched: ${counted(found.not_searched_total, "file")}, in which it may stand all the same.`),
    element("ul", { className: "plain soft" }, ...found.not_searched.map((file) => element("li", {}, `${file.path}: ${file.reason}`)),
      more > 0 ? element("li", {}, `and ${counted(more, "more file")}`) : null),
    read);
}

/* Twenty documents at a time. */
export async function readTexts(run, which = "") {
  for (let next = ""; next !== null;) {
    const query = [which, next && `cursor=${encodeURIComponent(next)}`].filter(Boolean).join("&");
    const done = await (await ask(`${run}/workspace/texts${query && `?${query}`}`, { method: "POST" })).json();
    next = done.next_cursor ?? null;
  }
}

$("search").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  attempt(() => find(), $("search-for"));
});
$("more-hits").addEventListener("click", () => attempt(() => find(true), $("more-hits")));
