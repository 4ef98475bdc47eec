/* Words in the files of a run or a project: where they stand, and what was not searched. */

import { $, ask, askJson, attempt, counted, element } from "./page.js";

let scope = "";
let open = null;
let asked = "";
let cursor = null;

const find = element("button", { id: "search-for" }, "Find");
const more = element("button", { id: "more-hits", type: "button", hidden: true }, "Show more places");
const form = element("form", { role: "search", aria: { label: "Words in files" } },
  element("p", { className: "line" },
    element("label", { className: "line words" }, "Words in the files ",
      element("input", { id: "words", type: "search", maxLength: 200, autocomplete: "off", required: true })),
    find),
  element("p", { id: "search-told", className: "soft", role: "status" }),
  element("ul", { id: "hits", className: "plain hits", aria: { label: "Where it stands" } }),
  element("p", {}, more),
  element("div", { id: "unsearched" }));
$("search").append(form);

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
  more.hidden = true;
  $("search-told").textContent = "";
}

async function look(further = false) {
  const words = further ? asked : $("words").value.trim();
  if (!words) return;
  if (!further) {
    forget();
    $("search-told").textContent = "Searching …";
  }
  asked = words;
  const found = await askJson(`${scope}?q=${encodeURIComponent(words)}${further ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
  cursor = found.next_cursor ?? null;
  $("hits").append(...found.hits.map(hit));
  more.hidden = cursor === null;
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
  const others = found.not_searched_total - found.not_searched.length;
  const read = element("button", { type: "button", hidden: runs.length === 0 }, "Have them read, and search again");
  read.addEventListener("click", () => attempt(async () => {
    $("search-told").textContent = "Reading …";
    for (const run of runs) await readTexts(`runs/${encodeURIComponent(run)}`);
    await look();
  }, read));
  return element("div", {},
    element("p", {}, `Not searched: ${counted(found.not_searched_total, "file")}, in which it may stand all the same.`),
    element("ul", { className: "plain soft" }, ...found.not_searched.map((file) => element("li", {}, `${file.path}: ${file.reason}`)),
      others > 0 ? element("li", {}, `and ${counted(others, "more file")}`) : null),
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

form.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  attempt(() => look(), find);
});
more.addEventListener("click", () => attempt(() => look(true), more));
