/* How often the work of the form is done: once, once for each of a list, or again and again. */

import { $, at, Refused, runPage, send, size } from "./page.js";
import { upload } from "./uploads.js";

const fields = $("form").elements;
const text = (name) => fields[name].value.trim() || undefined;
let table = null;

/* One key for what is sent: where the answer gets lost and somebody presses once more, it is the same run or batch. */
let lastSent = "";
let requestKey = "";

function keyOf(...asked) {
  const sent = JSON.stringify(asked);
  if (sent !== lastSent) [lastSent, requestKey] = [sent, crypto.randomUUID()];
  return { "Idempotency-Key": requestKey };
}

const project = (id) => `projects/${encodeURIComponent(id)}`;

const ways = {
  async once(id, work) {
    const run = await send("POST", `${project(id)}/runs`, work, keyOf(id, work));
    return runPage(run.id);
  },
  async batch(id, work, tell) {
    const lines = fields.items.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (!table && lines.length === 0) throw new Refused({ detail: "Write at least one item, or choose a CSV file." }, 400);
    const name = work.name?.includes("{{") ? undefined : work.name;
    const asked = { template: work, name, items: table ? undefined : lines.map((item) => ({ item })) };
    if (table) [asked.csv_upload] = await upload(id, [["items.csv", table]], tell);
    const batch = await send("POST", `${project(id)}/batches`, asked, keyOf(id, asked));
    return `${at("ui")}?${new URLSearchParams({ project_id: id, batch_id: batch.id })}`;
  },
  async schedule(id, work) {
    const name = text("schedule");
    if (!name) throw new Refused({ detail: "Give the schedule a name, such as weekly-report." }, 400);
    const asked = {
      cron: text("cron"), rate: text("rate"), timezone: text("cron") && text("timezone"), run: work,
      overlap: fields.overlap.value, continue_workspace: fields.continue_workspace.checked,
    };
    await send("PUT", `${project(id)}/schedules/${encodeURIComponent(name)}`, asked);
    return `${at("ui")}?${new URLSearchParams({ project_id: id })}`;
  },
};

/* Whether what is asked for can have files that are uploaded: of a schedule they would be gone before its times. */
export function requireFilesFit(files) {
  if (fields.often.value !== "schedule" || files.size === 0) return;
  throw new Refused({ detail: "Uploaded files are kept for a day, so a schedule takes none: start a run with them once,"
    + " and name it under More, “Begin with the files of run”." }, 400);
}

/* Starts it; the address where it can be looked at. */
export const begin = (projectId, work, tell) => ways[fields.often.value](projectId, work, tell);

function show() {
  for (const way of ["batch", "schedule"]) $(way).hidden = fields.often.value !== way;
  $("start").textContent = { once: "Start", batch: "Start all", schedule: "Keep the schedule" }[fields.often.value];
}

function showTable() {
  $("table-told").textContent = table ? `${table.name}, ${size(table.size)}` : "";
  $("no-table").hidden = table === null;
  fields.items.disabled = table !== null;
}

for (const radio of fields.often) radio.addEventListener("change", show);
$("choose-table").addEventListener("click", () => $("table").click());
$("table").addEventListener("change", () => {
  [table = null] = $("table").files;
  $("table").value = "";
  showTable();
});
$("no-table").addEventListener("click", () => {
  table = null;
  showTable();
  fields.items.focus();
});

fields.timezone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
show();
