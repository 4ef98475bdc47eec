/* The batches of the first page: how far each is, its runs, its report, and what to do about it. */

import { $, ask, at, attempt, button, counted, element, isActive, keepUp, pill, saveBlob, send, time } from "./page.js";

const A_PAGE = 10;
const LOOK_AGAIN = { busy: 3000, idle: 15000 };
const shown = new Map();
let project = "";
let next = null;

export async function showBatches(projectId) {
  project = projectId;
  shown.clear();
  $("batch-rows").replaceChildren();
  append(await page(A_PAGE));
}

async function page(limit, cursor = null) {
  const asked = new URLSearchParams({ limit });
  if (project) asked.set("project_id", project);
  if (cursor) asked.set("cursor", cursor);
  const response = await ask(`batches?${asked}`);
  return { batches: await response.json(), next: response.headers.get("X-Next-Cursor") };
}

function append(found) {
  for (const batch of found.batches) {
    if (shown.has(batch.id)) continue;
    shown.set(batch.id, { batch, row: rowOf(batch) });
    $("batch-rows").append(shown.get(batch.id).row);
  }
  next = found.next;
  tell();
}

function tell() {
  $("batches").hidden = shown.size === 0;
  $("more-batches").hidden = next === null;
}

async function refreshBatches() {
  const mine = project;
  const found = await page(Math.max(1, Math.min(shown.size, 100)));
  if (mine !== project) return LOOK_AGAIN.busy;
  for (const batch of found.batches.toReversed()) {
    const known = shown.get(batch.id);
    if (known && JSON.stringify(known.batch) === JSON.stringify(batch)) continue;
    put(batch);
  }
  tell();
  return [...shown.values()].some(({ batch }) => !batch.ended_at) ? LOOK_AGAIN.busy : LOOK_AGAIN.idle;
}

function put(batch) {
  const known = shown.get(batch.id);
  const row = rowOf(batch);
  if (known) known.row.replaceWith(row);
  else $("batch-rows").prepend(row);
  shown.set(batch.id, { batch, row });
}

function rowOf(batch) {
  const counts = ["waiting", "running", "succeeded", "failed", "cancelled"].filter((kind) => batch[kind]);
  const act = (what, text) => button(text, { aria: { label: `${text}: ${batch.name || batch.id}` } }, async () => {
    put(await send("POST", `batches/${encodeURIComponent(batch.id)}/${what}`, {}));
  });
  const report = (format, suffix, text) => button(text, { aria: { label: `${text} of ${batch.name || batch.id}` } }, async () => {
    const response = await ask(`batches/${encodeURIComponent(batch.id)}/report?format=${format}`);
    saveBlob(await response.blob(), `${batch.name || batch.id}.${suffix}`);
  });
  return element("tr", {},
    element("th", { scope: "row" },
      element("a", { href: `${at("ui")}?batch_id=${encodeURIComponent(batch.id)}` }, batch.name || batch.id),
      element("div", { className: "soft" }, `${batch.project_id} · ${counted(batch.items, "item")}`)),
    element("td", {}, pill(batch.status),
      element("div", { className: "soft" }, counts.map((kind) => `${batch[kind]} ${kind}`).join(", "))),
    element("td", { className: "wide" }, time(batch.created_at)),
    element("td", {}, element("div", { className: "line" },
      report("csv", "csv", "Table"), report("markdown", "md", "Report"),
      isActive(batch) ? act("cancel", "Cancel") : null,
      batch.ended_at && batch.failed + batch.cancelled ? act("retry", "Try again") : null)));
}

$("more-batches").addEventListener("click", () => attempt(async () => append(await page(A_PAGE, next)), $("more-batches")));

export const keepBatchesUp = () => keepUp(refreshBatches);
