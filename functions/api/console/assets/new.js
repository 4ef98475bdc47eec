/* Starting a run: its instructions, and files that are dropped on the page.

   `?again=RUN` begins with what that run was asked for, `?from=RUN` with the files that it left. */

import { $, askJson, attempt, counted, element, Refused, runPage, send, size, TASK_TYPES, TEMPLATES } from "./page.js";
import { begin, requireFilesFit } from "./often.js";
import { upload } from "./uploads.js";

const SHOWN = 200;
const LIMITS = ["max_turns", "max_tokens", "timeout_seconds"];
const fields = $("form").elements;
const files = new Map();

fields.task_type.append(...TASK_TYPES.map((value) => element("option", { value }, value.replaceAll("_", " "))));

fields.document_template.append(...TEMPLATES.map((value) => element("option", { value }, value)));

/* Files */

function add(path, file) {
  files.set(path.replace(/^\/+/, ""), file);
}

function showFiles() {
  const total = [...files.values()].reduce((sum, file) => sum + file.size, 0);
  const hidden = files.size > SHOWN ? `, the first ${SHOWN} are listed` : "";
  $("files-told").textContent = files.size ? `${counted(files.size, "file")}, ${size(total)}${hidden}` : "";
  $("no-files").hidden = files.size === 0;
  $("files").replaceChildren(...[...files].slice(0, SHOWN).map(([path, file]) => {
    const remove = element("button", { type: "button", className: "link", aria: { label: `Remove ${path}` } }, "Remove");
    remove.addEventListener("click", () => {
      files.delete(path);
      showFiles();
      $("choose").focus();
    });
    return element("li", { className: "line" }, element("span", {}, path),
      element("span", { className: "soft" }, size(file.size)), remove);
  }));
}

$("choose").addEventListener("click", () => $("chosen").click());
$("chosen").addEventListener("change", () => {
  for (const file of $("chosen").files) add(file.webkitRelativePath || file.name, file);
  $("chosen").value = "";
  showFiles();
});
$("no-files").addEventListener("click", () => {
  files.clear();
  showFiles();
  $("choose").focus();
});

addEventListener("dragover", (dragged) => {
  if (!dragged.dataTransfer.types.includes("Files")) return;
  dragged.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", (left) => {
  if (left.relatedTarget === null) document.body.classList.remove("over");
});
addEventListener("drop", (dropped) => {
  if (!dropped.dataTransfer.types.includes("Files")) return;
  dropped.preventDefault();
  document.body.classList.remove("over");
  /* The list is emptied when this function returns, so all of it is taken before anything is waited for. */
  const entries = [...dropped.dataTransfer.items].map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  attempt(async () => {
    for (const entry of entries) if (entry) await take(entry);
    showFiles();
  });
});

async function take(entry) {
  if (entry instanceof File) {
    add(entry.name, entry);
  } else if (entry.isFile) {
    add(entry.fullPath, await new Promise((done, failed) => { entry.file(done, failed); }));
  } else {
    const reader = entry.createReader();
    for (;;) {
      const inside = await new Promise((done, failed) => { reader.readEntries(done, failed); });
      if (inside.length === 0) return;
      for (const each of inside) await take(each);
    }
  }
}

/* What the work has to be like */

function acceptance() {
  const words = fields.criteria.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const criteria = fields.no_placeholder.checked ? [...words, { check: "no_placeholder" }] : words;
  return criteria.length ? { criteria } : undefined;
}

/* The run */

function asked(uploads) {
  const text = (name) => fields[name].value.trim() || undefined;
  const notes = (text("metadata") ?? "").split(",").filter((note) => note.trim()).map((note) => {
    const [name, ...value] = note.split("=");
    if (value.length === 0) throw new Refused({ detail: `Metadata are written as key=value; “${note.trim()}” is not.` }, 400);
    return [name.trim(), value.join("=").trim()];
  });
  const limits = Object.fromEntries(LIMITS.filter(text).map((name) => [name, Number(text(name))]));
  return {
    instructions: fields.instructions.value, name: text("name"), task_type: text("task_type"),
    from_run_id: text("from_run_id"), from_turn: text("from_turn") && Number(text("from_turn")),
    keep_conversation: fields.keep_conversation.checked, reference_run_id: text("reference_run_id"),
    document_template: text("document_template"),
    metadata: Object.fromEntries(notes), limits, uploads,
    interactive: fields.interactive.checked, acceptance: acceptance(),
    model: text("model"), effort: text("effort"), hosted_tools: hostedTools().filter((box) => box.checked).map((box) => box.value),
    require_approval: [...fields.require_approval].filter((box) => box.checked).map((box) => box.value),
  };
}

const tell = (words) => { $("doing").textContent = words; };

async function start() {
  const projectId = fields.project_id.value.trim();
  asked([]);
  requireFilesFit(files);
  /* Makes it where it is unknown; what is left out of a PUT stays as it is. */
  await send("PUT", `projects/${encodeURIComponent(projectId)}`, {});
  const work = asked(await upload(projectId, [...files], tell));
  tell("Starting …");
  location.assign(await begin(projectId, work, tell));
}

$("form").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  await attempt(start, $("start"));
  $("doing").textContent = "";
});

/* What an earlier run was asked for */

async function prefill() {
  const given = new URLSearchParams(location.search);
  const [again, from] = [given.get("again"), given.get("from")];
  fields.project_id.value = given.get("project_id") ?? "";
  if (!again && !from) return;
  const run = await askJson(`runs/${encodeURIComponent(again ?? from)}`);
  fields.project_id.value = run.project_id;
  fields.task_type.value = run.task_type;
  fields.interactive.checked = run.interactive;
  fields.document_template.value = run.document_template ?? "";
  const criteria = run.acceptance?.criteria ?? [];
  fields.criteria.value = criteria.filter((each) => !each.check).map((each) => each.criterion).join("\n");
  fields.no_placeholder.checked = criteria.some((each) => each.check === "no_placeholder");
  for (const box of fields.require_approval) box.checked = run.require_approval.includes(box.value);
  fields.metadata.value = Object.entries(run.metadata).map(([name, value]) => `${name}=${value}`).join(", ");
  fields.from_run_id.value = again ? run.workspace_from_run_id ?? "" : run.id;
  const turn = given.get("turn");
  if (turn !== null) {
    fields.from_turn.value = turn;
    fields.keep_conversation.checked = true;
  } else if (from) {
    fields.reference_run_id.value = run.id;
  }
  if (again) {
    for (const name of LIMITS) fields[name].value = run.limits[name] ?? "";
    /* A model that is not listed any more leaves the choice to the project. */
    fields.model.value = models.some(({ name }) => name === run.model) ? run.model : "";
    listEfforts();
    fields.effort.value = [...fields.effort.options].some(({ value }) => value === run.effort) ? run.effort : "";
    listHostedTools();
    for (const box of hostedTools()) box.checked = run.hosted_tools.includes(box.value);
    fields.name.value = run.name;
    fields.instructions.value = run.machine_summary?.goal ?? (await firstWords(run));
  }
  $("more").open = true;
  $("title").textContent = again ? "Start again, with changes" : "Go on from a run";
  $("origin").replaceChildren("After ", element("a", { href: runPage(run.id) }, run.name || run.id),
    again ? ". Files that were uploaded to it are not sent again by themselves." : "; the new run begins with its files.");
  $("origin").hidden = false;
}

async function firstWords(run) {
  const [step] = await askJson(`runs/${encodeURIComponent(run.id)}/steps?limit=1`);
  return step?.role === "user" ? step.content : "";
}

async function projects() {
  const found = await askJson("projects?limit=200");
  $("project-ids").append(...found.map((project) => element("option", { value: project.id }, project.name)));
}

/* Models: with one alone there is nothing to choose, unless it takes efforts. */

let models = [];

async function listModels() {
  models = (await askJson("models")).models;
  fields.model.append(...models.map(({ name }) => element("option", { value: name }, name)));
  fields.model.parentElement.hidden = models.length === 1;
  listEfforts();
  listHostedTools();
}

/* What the provider can look up, with the model that was chosen. */
const hostedTools = () => [...$("hosted").querySelectorAll("input")];

function listHostedTools() {
  const model = models.find(({ name }) => name === fields.model.value) ?? models.find((each) => each.default);
  const before = new Set(hostedTools().filter((box) => box.checked).map((box) => box.value));
  $("hosted-tools").replaceChildren(...(model?.hosted_tools ?? []).map((name) => element("label", { className: "line" },
    element("input", { type: "checkbox", name: "hosted_tools", value: name, checked: before.has(name) }), ` ${name}`)));
  $("hosted").hidden = hostedTools().length === 0;
}

function listEfforts() {
  const asked = fields.model.value;
  const efforts = new Set(models.filter(({ name }) => !asked || name === asked).flatMap((model) => model.efforts));
  const before = fields.effort.value;
  fields.effort.replaceChildren(fields.effort.options[0], ...[...efforts].map((value) => element("option", { value }, value)));
  fields.effort.value = efforts.has(before) ? before : "";
  fields.effort.parentElement.hidden = efforts.size === 0;
}

fields.model.addEventListener("change", listEfforts);
fields.model.addEventListener("change", listHostedTools);

await attempt(listModels);
await Promise.all([attempt(prefill), attempt(projects)]);
fields.instructions.focus();
