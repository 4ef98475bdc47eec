/* What happened in a run, event by event, as it happens: messages, tool calls that open, stages and the rest. */

import { $, ask, askJson, at, attempt, counted, element, frame, MARKS, POLL, size } from "./page.js";

const A_PAGE = 500;
const AT_ONCE = 100;
const MOST = 2000;
const LONG = 400;

let after = "";
let allowed = MOST;
let shown = 0;
let lastProgress = "";
let caughtUp = false;
let lastTurn = 0;

/* One page of events, or, once all that was there is shown, what the stream tells next; the milliseconds until the next, or undefined after the last. */
export async function showEvents(path) {
  if (shown >= allowed) {
    $("more-events").hidden = false;
    $("events-told").textContent = `${counted(shown, "event")} shown.`;
    await new Promise((done) => { $("more-events").addEventListener("click", done, { once: true }); });
    $("more-events").hidden = true;
    allowed += MOST;
  }
  const place = after ? `after=${encodeURIComponent(after)}` : "";
  const page = caughtUp ? await told(await ask(`${path}/stream?${place}`)) : await askJson(`${path}/events?limit=${A_PAGE}&${place}`);
  for (let first = 0; first < page.events.length; first += AT_ONCE) {
    $("timeline").append(...page.events.slice(first, first + AT_ONCE).map(item).filter(Boolean));
    await frame();
  }
  $("events").hidden = false;
  after = page.next_after;
  if (page.ended) {
    $("events-told").textContent = `${counted(shown, "event")}.`;
    return undefined;
  }
  if (caughtUp) return page.wait;
  caughtUp = page.events.length < A_PAGE;
  return 0;
}

/* A bounded answer of Server-Sent Events as a page of them, and the draft that it may end with is shown. */
async function told(answer) {
  const page = { events: [], next_after: after, ended: answer.status === 204, wait: POLL };
  let draft = null;
  for (const block of (await answer.text()).split("\n\n")) {
    const fields = Object.fromEntries(block.split("\n").map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1).trimStart()]));
    if (fields.retry) page.wait = Number(fields.retry);
    if (fields.id) page.next_after = fields.id;
    if (fields.event === "end") page.ended = true;
    else if (fields.event === "delta") draft = JSON.parse(fields.data);
    else if (fields.data) page.events.push(JSON.parse(fields.data));
  }
  if (draft || page.events.length || page.ended) showDraft(draft ?? {});
  return page;
}

function showDraft({ text = "", path = "", content = "" }) {
  $("draft").hidden = !text && !content;
  $("draft-path").textContent = content ? path : "";
  $("draft-text").textContent = text;
  $("draft-content").hidden = !content;
  $("draft-content").textContent = content;
  $("draft-content").scrollTop = $("draft-content").scrollHeight;
}

const TELLING = {
  status: (event) => ["Status", event.status],
  progress: (event) => [`${event.percent} %`, event.message],
  workspace: (event) => ["Workspace", event.action === "cloned"
    ? `copied from ${event.source_run_id}: ${counted(event.entries, "file")}` : `${event.source_run_id} had nothing to copy`],
  artifact: (event) => ["Output", `${event.path} (${size(event.bytes)})`],
  diff: (event) => ["Changes", event.diff.shortstat || counted(event.diff.files.length, "file")],
  pattern: (event) => ["Pattern", event.summary],
  message: (event) => ["Message", `${event.text} (${event.mode}, ${event.state})`],
  request: (event) => ["To be decided", [event.question, ...(event.options ?? [])].join("\n")],
  acceptance: (event) => [`Judged, round ${event.round}`, event.criteria.map((each) =>
    `${each.met ? "met" : "not met"}: ${each.criterion} (${each.evidence})`).join("\n")],
  child: (event) => ["Part", `${event.title}: ${event.status}`],
  decision: (event) => ["Decided", `${event.decision}${event.text ? `: ${event.text}` : ""} (${event.decided_by})`],
  plan: (event) => ["Plan", event.steps.map((step) => `${MARKS[step.status]} ${step.title}`).join("\n")],
  error: (event) => ["Error", [event.error.error, event.error.suggestion].filter(Boolean).join(" — ")],
  cancelled: () => ["Cancelled", "Nothing of this run happens any more."],
  workspace_summary: (event) => ["Workspace", counted(event.total_files, "file")],
};

function item(event) {
  if (event.type === "reset") {
    $("timeline").replaceChildren();
    shown = lastTurn = 0;
    return null;
  }
  shown += 1;
  if (event.type === "step") return step(event);
  /* A stage may span many turns; its name is told once. */
  if (event.type === "progress" && event.message === lastProgress) return null;
  if (event.type === "progress") lastProgress = event.message;
  const [who, text] = (TELLING[event.type] ?? (() => [event.type, JSON.stringify(event)]))(event);
  const made = element("li", {}, element("span", { className: `who${event.type === "error" ? " bad" : ""}` }, who), ...body(text ?? ""));
  made.dataset.kind = "event";
  return made;
}

function step(event) {
  const failed = event.ok === false;
  const when = element("time", { className: "soft", dateTime: event.t }, new Date(event.t).toLocaleTimeString());
  const made = element("li", {});
  made.dataset.kind = "step";
  if (event.turn !== undefined && event.turn !== lastTurn) {
    /* Behind the turn before this one; a run that is still at work has no such links. */
    const id = decodeURIComponent(location.pathname.split("/ui/runs/")[1]);
    const from = `${at("ui/new")}?from=${encodeURIComponent(id)}&turn=${event.turn - 1}`;
    const link = element("a", { href: from, className: "again" }, "start again from here");
    link.setAttribute("aria-label", `start again from here, before turn ${event.turn}`);
    made.append(link, " ");
    lastTurn = event.turn;
  }
  if (event.tool_name === undefined) {
    made.append(element("span", { className: `who${failed ? " bad" : ""}` }, { user: "You", assistant: "Assistant" }[event.role] ?? event.role),
      when, " ", ...body(event.content));
    return made;
  }
  const call = element("details", {}, element("summary", {},
    element("span", { className: `who${failed ? " bad" : ""}` }, `${event.tool_name}${failed ? " ✕ failed" : ""}`),
    element("span", {}, event.intent_target ?? event.content.split("\n")[0].slice(0, 100)), " ", when));
  const fill = () => {
    if (call.childElementCount > 1) return;
    const parts = [
      ["Asked", written(event.tool_args)], ["Answered", event.content], ["Changed", (event.files ?? []).join("\n")],
      ["Notes", written(event.notes)],
    ];
    for (const [name, text] of parts) {
      if (text) call.append(element("p", { className: "soft" }, name), element("pre", { tabIndex: 0, dir: "auto" }, text));
    }
  };
  call.addEventListener("toggle", fill);
  made.append(call);
  return made;
}

const written = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

function body(text) {
  if (text.length <= LONG) return [element("span", { className: "said", dir: "auto" }, text)];
  const first = text.trimStart().split("\n")[0].slice(0, 120);
  return [element("details", {}, element("summary", {}, `${first} … (${text.length.toLocaleString()} characters)`),
    element("pre", { tabIndex: 0, dir: "auto" }, text))];
}

$("only-steps").addEventListener("change", () => $("timeline").classList.toggle("only-steps", $("only-steps").checked));
$("open-all").addEventListener("click", () => attempt(async () => {
  const all = [...$("timeline").querySelectorAll("details")];
  const opened = $("open-all").textContent === "Open all";
  for (let first = 0; first < all.length; first += AT_ONCE) {
    for (const each of all.slice(first, first + AT_ONCE)) each.open = opened;
    await frame();
  }
  $("open-all").textContent = opened ? "Close all" : "Open all";
}));
