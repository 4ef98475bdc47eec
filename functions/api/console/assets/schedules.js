/* The schedules of the project that is looked at: when each is due, how it went, and what to do about it. */

import { $, Refused, ask, askJson, button, counted, element, runPage, send, time } from "./page.js";

let project = "";

export async function showSchedules(projectId) {
  project = projectId;
  const found = projectId ? await listed(projectId) : [];
  if (project !== projectId) return;
  $("schedule-rows").replaceChildren(...found.map(rowOf));
  $("schedules").hidden = found.length === 0;
}

async function listed(projectId) {
  try {
    return await askJson(pathOf(projectId));
  } catch (problem) {
    // The filter may name no project that there is; the list of runs says so by being empty.
    if (problem instanceof Refused && problem.status < 500) return [];
    throw problem;
  }
}

const pathOf = (projectId, name = "") =>
  `projects/${encodeURIComponent(projectId)}/schedules${name && `/${encodeURIComponent(name)}`}`;

function rowOf(schedule) {
  const path = pathOf(schedule.project_id, schedule.name);
  const isPaused = schedule.status === "paused";
  const put = (changed) => row.replaceWith(rowOf(changed));
  const act = (text, work) => button(text, { aria: { label: `${text}: ${schedule.name}` } }, work);
  const change = isPaused ? "Resume" : "Pause";
  const times = schedule.rate ? `every ${schedule.rate}` : `${schedule.cron} (${schedule.timezone})`;
  const counts = [counted(schedule.runs, "run"), ...["skipped", "missed", "failures"]
    .filter((kind) => schedule[kind]).map((kind) => `${schedule[kind]} ${kind}`)];
  const row = element("tr", {},
    element("th", { scope: "row" }, schedule.name, element("div", { className: "soft" }, times)),
    element("td", {}, element("div", { className: "word" }, stateOf(schedule)), element("div", { className: "soft" }, schedule.last_error || counts.join(", "))),
    element("td", { className: "wide" }, schedule.next_times.length ? time(schedule.next_times[0]) : "—"),
    element("td", {}, element("div", { className: "line" },
      schedule.last_run_id
        ? element("a", { href: runPage(schedule.last_run_id) }, "Last run") : null,
      act(change, async () => put(await send("POST", `${path}/${change.toLowerCase()}`, {}))),
      act("Delete", async () => {
        if (!confirm(`Delete the schedule ${schedule.name}? Its runs stay.`)) return;
        await ask(path, { method: "DELETE" });
        row.remove();
        $("schedules").hidden = $("schedule-rows").childElementCount === 0;
      }))));
  return row;
}

function stateOf(schedule) {
  const why = { failures: "paused after failures", asked: "paused", project: "paused" };
  return schedule.status === "paused" ? why[schedule.paused_because] ?? "paused" : "active";
}
