/* The first page: runs by filters, a page at a time and kept up to date, and the projects. */

import {
  $, ask, at, attempt, counted, duration, element, isActive, keepUp, pill, runPage, STATUSES, TASK_TYPES, time,
} from "./page.js";
import { keepBatchesUp, showBatches } from "./batches.js";
import { showSchedules } from "./schedules.js";
import { searchIn } from "./search.js";

const A_PAGE = 25;
const LOOK_AGAIN = { busy: 3000, idle: 15000 };
const filters = $("filters");
const rows = new Map();
let next = null;
let search = 0;

for (const [name, values] of [["status", STATUSES], ["task_type", TASK_TYPES]]) {
  filters.elements[name].append(...values.map((value) => element("option", { value }, value.replaceAll("_", " "))));
}

/* The filters stand in the page's address, so that a search can be kept and sent to somebody. */

function readAddress() {
  const given = new URLSearchParams(location.search);
  for (const field of filters.elements) if (field.name) field.value = given.get(field.name) ?? "";
}

function writeAddress() {
  const given = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value.trim()));
  history.pushState(null, "", given.size ? `?${given}` : location.pathname);
}

function query() {
  const asked = new URLSearchParams({ view: "brief" });
  for (const [name, value] of new FormData(filters)) {
    if (!value.trim()) continue;
    if (name === "metadata") for (const note of value.split(",")) asked.append(name, note.trim());
    else if (name === "created_after") asked.set(name, new Date(`${value}T00:00`).toISOString());
    else if (name === "created_before") asked.set(name, dayAfter(value).toISOString());
    else asked.set(name, value.trim());
  }
  return asked;
}

/* "To" a day is to the end of it. */
function dayAfter(day) {
  const found = new Date(`${day}T00:00`);
  found.setDate(found.getDate() + 1);
  return found;
}

async function page(limit, cursor = null) {
  const asked = query();
  asked.set("limit", limit);
  if (cursor) asked.set("cursor", cursor);
  const response = await ask(`runs?${asked}`);
  return { runs: await response.json(), next: response.headers.get("X-Next-Cursor") };
}

async function load() {
  const mine = ++search;
  const project = filters.elements.project_id.value.trim();
  searchIn(project && `projects/${encodeURIComponent(project)}/search`, (hit) => element("a", { href: runPage(hit.run_id) }, hit.path));
  attempt(() => showBatches(project));
  attempt(() => showSchedules(project));
  const found = await page(A_PAGE);
  if (mine !== search) return;
  rows.clear();
  $("rows").replaceChildren();
  append(found);
}

function append(found) {
  for (const run of found.runs) {
    if (rows.has(run.id)) continue;
    rows.set(run.id, { run, row: rowOf(run) });
    $("rows").append(rows.get(run.id).row);
  }
  next = found.next;
  tell();
}

/* What is new comes on top, and what has changed is written anew. */
async function refresh() {
  const mine = search;
  const found = await page(Math.max(1, Math.min(rows.size, 100)));
  if (mine !== search) return LOOK_AGAIN.busy;
  for (const run of found.runs.toReversed()) {
    const known = rows.get(run.id);
    if (known && JSON.stringify(known.run) === JSON.stringify(run)) continue;
    const row = rowOf(run);
    if (known) known.row.replaceWith(row);
    else $("rows").prepend(row);
    rows.set(run.id, { run, row });
  }
  tell();
  return [...rows.values()].some(({ run }) => isActive(run)) ? LOOK_AGAIN.busy : LOOK_AGAIN.idle;
}

function tell() {
  const text = rows.size === 0 ? "No run is like this." : `${counted(rows.size, "run")} shown${next ? ", there are more" : ""}.`;
  if ($("found").textContent !== text) $("found").textContent = text;
  $("runs").hidden = rows.size === 0;
  $("more").hidden = next === null;
}

function rowOf(run) {
  const notes = Object.entries(run.metadata).map(([name, value]) => `${name}=${value}`).join(", ");
  const position = run.queue_position ? `, ${run.queue_position} in the queue` : "";
  const status = element("td", {}, pill(run.status),
    element("span", { className: "soft" }, run.waiting_for ? " waits for you" : run.status === "running" ? ` ${run.progress} %` : position));
  return element("tr", {},
    element("th", { scope: "row" },
      element("a", { href: runPage(run.id) }, run.name || run.id),
      element("div", { className: "soft narrow" }, `${run.project_id} · `, time(run.created_at)),
      notes && element("div", { className: "soft" }, notes)),
    element("td", { className: "wide" }, run.project_id),
    status,
    element("td", { className: "wide soft" }, run.task_type.replaceAll("_", " ")),
    element("td", { className: "wide" }, time(run.created_at)),
    element("td", { className: "number wide" }, run.ended_at ? duration(run.started_at ?? run.created_at, run.ended_at) : ""));
}

filters.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  writeAddress();
  attempt(load);
});
filters.addEventListener("reset", () => setTimeout(() => {
  writeAddress();
  attempt(load);
}));
addEventListener("popstate", () => {
  readAddress();
  attempt(load);
});
$("more").addEventListener("click", () => attempt(async () => append(await page(A_PAGE, next)), $("more")));

/* Projects */

let nextProjects = null;

async function moreProjects() {
  const response = await ask(`projects?limit=${A_PAGE}${nextProjects ? `&cursor=${encodeURIComponent(nextProjects)}` : ""}`);
  const projects = await response.json();
  nextProjects = response.headers.get("X-Next-Cursor");
  $("project-rows").append(...projects.map((project) => element("tr", {},
    element("th", { scope: "row" },
      element("a", { href: `${at("ui")}?project_id=${encodeURIComponent(project.id)}` }, project.name || project.id),
      project.name && project.name !== project.id ? element("div", { className: "soft" }, project.id) : null),
    element("td", { className: "wide soft" }, project.task_type.replaceAll("_", " ")),
    element("td", { className: "number" }, time(project.created_at)))));
  $("project-ids").append(...projects.map((project) => element("option", { value: project.id }, project.name)));
  $("projects").hidden = $("project-rows").childElementCount === 0;
  $("no-projects").hidden = !$("projects").hidden;
  $("more-projects").hidden = nextProjects === null;
}

$("more-projects").addEventListener("click", () => attempt(moreProjects, $("more-projects")));

readAddress();
await Promise.all([attempt(load), attempt(moreProjects)]);
keepBatchesUp();
keepUp(refresh);
