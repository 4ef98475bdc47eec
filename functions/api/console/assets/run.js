/* One run: how it stands, what can be done about it, and, by the other modules, its files, changes and transcript. */

import {
  $, ask, askJson, at, attempt, duration, element, facts, isActive, keepUp, MARKS, pause, POLL, runPage, send, size, time,
} from "./page.js";
import { showChanges } from "./changes.js";
import { showDecisions } from "./decisions.js";
import { downloadLink, saveFile, saveShared, showFiles } from "./files.js";
import { listen, showTalk } from "./talk.js";
import { showEvents } from "./transcript.js";

const STAGES = [
  [0, "Preparing"], [20, "Workspace ready"], [30, "Working"],
  [70, "Processing results"], [85, "Learning patterns"], [100, "Ended"],
];
const RESUMABLE = ["limit_reached", "incomplete_output"];

const id = decodeURIComponent(location.pathname.split("/ui/runs/")[1]);
const path = `runs/${encodeURIComponent(id)}`;
let latest = null;
let filesOf = "";

async function round() {
  const run = await askJson(path);
  show(run);
  const state = `${run.status} ${run.usage.tool_calls}`;
  if (state !== filesOf) {
    await showFiles(path);
    filesOf = state;
  }
  if (isActive(run)) return POLL;
  await Promise.all([showChanges(path), showOutputs(run)]);
  return undefined;
}

function show(run) {
  latest = run;
  const active = isActive(run);
  document.title = `${active ? `${run.progress} % · ` : ""}${run.name || run.id} · Codex-Swarm`;
  $("run").hidden = false;
  $("name").textContent = run.name || run.id;
  if ($("status").textContent !== run.status) $("status").textContent = run.status;
  $("status").className = `pill ${run.status}`;
  const before = [["from the files of", run.workspace_from_run_id], ["goes on with", run.continues_run_id], ["part of", run.parent_run_id]];
  $("facts").replaceChildren(
    element("a", { href: `${at("ui")}?project_id=${encodeURIComponent(run.project_id)}` }, run.project_id),
    ` · ${run.task_type.replaceAll("_", " ")} · `, time(run.created_at),
    run.queue_position ? ` · ${run.queue_position} in the queue` : "",
    run.ended_at ? ` · took ${duration(run.started_at ?? run.created_at, run.ended_at)}` : "",
    ...before.filter(([, other]) => other).flatMap(([how, other]) => [` · ${how} `, element("a", { href: runPage(other) }, other)]),
    ` · ${run.id}`,
  );
  $("progress").value = run.progress;
  $("progress").className = run.status;
  $("cancel").hidden = !active;
  $("resume").hidden = !run.errors.some((error) => RESUMABLE.includes(error.error_type));
  $("again").href = `${at("ui/new")}?again=${encodeURIComponent(run.id)}`;
  $("from").href = `${at("ui/new")}?from=${encodeURIComponent(run.id)}`;
  $("from").hidden = active;
  $("timeline").classList.toggle("active", active);
  showStages(run, active);
  showPlan(run.plan);
  showDecisions(run, path, async () => show(await askJson(path)));
  showAcceptance(run.acceptance);
  showChildren(run.children);
  showTalk(run, path);
  showErrors(run.errors);
  showSummary(run);
  showUsage(run);
}

function showStages(run, active) {
  $("stages").hidden = !active && run.status !== "succeeded";
  const reached = STAGES.filter(([percent]) => percent <= run.progress).length;
  $("stages").replaceChildren(...STAGES.map(([, name], place) => {
    const now = active && place === reached - 1;
    const item = element("li", { className: now ? "now" : place < reached ? "done" : "" }, name);
    if (now) item.setAttribute("aria-current", "step");
    return item;
  }));
}

function showPlan(plan) {
  $("plan").hidden = plan.length === 0;
  $("plan").replaceChildren(...plan.map((step) => element("li", { className: step.status },
    `${MARKS[step.status]} ${step.title}`, element("span", { className: "soft" }, ` ${step.status.replace("_", " ")}`))));
}

function showAcceptance(acceptance) {
  $("acceptance").hidden = !acceptance;
  if (!acceptance) return;
  const { accepted, reviewing, criteria } = acceptance;
  const met = criteria.filter((each) => each.met).length;
  $("acceptance-told").textContent = reviewing ? "The work is being judged …"
    : accepted === null ? "It is judged when the agent says that it is done."
      : `${met} of ${criteria.length} criteria are met, as judged in round ${criteria[0].round} of at most ${acceptance.max_rounds}.`;
  $("criteria").replaceChildren(...criteria.map((each) => element("li", {},
    element("span", { className: `pill ${each.met === null ? "queued" : each.met ? "succeeded" : "failed"}` },
      each.met === null ? "open" : each.met ? "met" : "not met"),
    ` ${each.criterion}`,
    each.evidence ? element("span", { className: "soft" }, ` ${each.evidence}`) : null)));
}

function showChildren(children) {
  const ended = children.filter((child) => child.status).length;
  $("children").hidden = children.length === 0;
  $("children-told").textContent = `${ended} of ${children.length} ended.`;
  $("child-list").replaceChildren(...children.map((child) => element("li", {},
    element("a", { href: runPage(child.run_id) }, child.title), " ",
    element("span", { className: `pill ${child.status ?? "running"}` }, child.status ?? "at work"),
    child.error ? element("span", { className: "soft" }, ` ${child.error}`) : null)));
}

function showErrors(errors) {
  $("errors").hidden = errors.length === 0;
  $("error-list").replaceChildren(...errors.map((error) => element("li", {},
    element("p", {}, element("strong", {}, error.message)),
    error.suggestion ? element("p", {}, error.suggestion) : null,
    element("p", { className: "soft" },
      [error.error_type, error.step, error.tool, error.retryable ? "may work when started again" : ""].filter(Boolean).join(" · ")))));
}

function showSummary(run) {
  const summary = run.machine_summary;
  $("summary").hidden = !summary;
  if (!summary) return;
  const outcome = summary.execution_attempted ? run.status : `${run.status}, before any work`;
  const notes = Object.entries(run.metadata).map(([name, value]) => `${name}=${value}`).join("\n");
  $("summary-list").replaceChildren(...facts([
    ["Goal", summary.goal], ["Outcome", outcome],
    ["Reason", summary.reason_for_failure === run.status ? null : summary.reason_for_failure],
    ["Main output", summary.primary_artifact && downloadLink(summary.primary_artifact, () => saveFile(path, summary.primary_artifact))],
    ["Also", ...summary.secondary_artifacts.map((file) => downloadLink(file, () => saveFile(path, file)))],
    ["Notes", summary.notes], ["The agent's closing words", run.closing_words],
    ["Sources", ...sourcesOf(run)],
    ["Result", run.result_schema && run.status === "succeeded" ? JSON.stringify(run.result, null, 2) : null], ["Metadata", notes],
  ]));
}

/* Pages that the agent cites; the service lets only addresses of the web pass. */
function sourcesOf(run) {
  const links = run.sources.map(({ url, title }) => element("p", {},
    element("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, title || url)));
  return run.sources_left_out ? [...links, element("p", {}, `and ${run.sources_left_out} more`)] : links;
}

/* What it was given, and what answered, from which turn on where that changed. */
function modelsOf(run) {
  const named = (model, effort) => [model, effort && `(${effort})`].filter(Boolean).join(" ");
  const used = run.models_used.map((use) => [use.turn, named(use.answered_as ?? use.model, use.effort)]);
  const asked = named(run.model, run.effort);
  const others = used.length > 1 ? used.map(([turn, name]) => `${name} answered from turn ${turn} on`)
    : used.filter(([, name]) => name !== asked).map(([, name]) => `${name} answered`);
  return [asked, ...others].filter(Boolean).join("; ");
}

function showUsage(run) {
  const { usage, limits } = run;
  const tokens = usage.input_tokens + usage.output_tokens;
  const of = (limit, what = "") => (limit === null ? "" : ` of at most ${limit.toLocaleString()}${what}`);
  $("usage").hidden = false;
  $("usage-list").replaceChildren(...facts([
    ["Model", modelsOf(run)],
    ["Model calls", usage.model_calls.toLocaleString() + of(limits.max_turns)],
    ["Tool calls", usage.tool_calls.toLocaleString() + (usage.hosted_tool_calls
      ? `, and ${usage.hosted_tool_calls.toLocaleString()} that the provider did` : "")],
    ["Tokens", `${tokens.toLocaleString()}${of(limits.max_tokens)} (${usage.input_tokens.toLocaleString()} in, ${
      usage.cached_tokens.toLocaleString()} of them cached; ${usage.output_tokens.toLocaleString()} out)`],
    ["Time in turns", `${usage.seconds.toFixed(1)} s${of(limits.timeout_seconds, " s")}`],
    ["Cost", usage.cost_usd === null ? "not known: the model has no price here" : `$${usage.cost_usd.toFixed(4)}${of(limits.max_cost_usd)}`],
    ["Pattern used", run.pattern_used && element("a", { href: runPage(run.pattern_used.source_run_id) },
      `${run.pattern_used.how}: ${run.pattern_used.source_run_id}`)],
  ]));
}

async function showOutputs(run) {
  const pattern = await askJson(`patterns/${encodeURIComponent(run.id)}`);
  $("outputs").hidden = run.artifacts.length === 0 && !pattern.summary;
  $("artifacts").replaceChildren(...run.artifacts.map((artifact) => element("li", {},
    downloadLink(artifact.path, () => saveShared(path, `artifacts/${encodeURIComponent(artifact.id)}/download`, artifact.path)),
    element("span", { className: "soft" }, ` ${artifact.kind} · ${size(artifact.bytes)}`))));
  $("pattern").hidden = !pattern.summary;
  $("pattern-body").replaceChildren(
    element("p", {}, pattern.summary),
    element("ol", {}, ...pattern.steps.map((step) => element("li", {}, step.instruction))),
    element("dl", {}, ...facts(Object.entries(pattern.variables).map(([name, found]) => [name, `${found.type}, such as ${found.example}`]))),
  );
}

$("cancel").addEventListener("click", () => {
  if (!confirm("Cancel this run? What it has done so far stays.")) return;
  attempt(async () => {
    await ask(`${path}/cancel`, { method: "POST" });
    show(await askJson(path));
  }, $("cancel"));
});

$("resume").addEventListener("click", () => {
  for (const field of $("resume-form").elements) {
    if (field.name) field.value = latest.limits[field.name] === null ? "" : 2 * latest.limits[field.name];
  }
  $("resume-dialog").showModal();
});
$("resume-not").addEventListener("click", () => $("resume-dialog").close());
$("resume-form").addEventListener("submit", () => attempt(async () => {
  const given = [...new FormData($("resume-form"))].filter(([, value]) => value !== "");
  const run = await send("POST", `${path}/resume`, { limits: Object.fromEntries(given.map(([name, value]) => [name, Number(value)])) });
  location.assign(runPage(run.id));
}, $("resume")));

/* A small one is there at once and a large one is made first; then there is a redirect to it. */
$("archive").addEventListener("click", () => attempt(async () => {
  for (;;) {
    const answer = await ask(`${path}/workspace/archive`, { redirect: "manual" });
    if (answer.status !== 202) break;
    $("files-told").textContent = "The archive is being made …";
    await pause(1000 * Number(answer.headers.get("Retry-After") ?? 2));
  }
  $("files-told").textContent = "";
  await saveShared(path, "workspace/archive", "workspace.zip");
}, $("archive")));

listen(path, () => latest);
keepUp(round);
keepUp(() => showEvents(path));
