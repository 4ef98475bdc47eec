/* What the run waits for: a form for each question and each approval, and what was decided so far. */

import { $, attempt, element, send, time } from "./page.js";

const SAID = { approve: "approved", deny: "denied", answer: "answered", output: "gave", error: "failed" };
const BUTTONS = {
  question: [["answer", "Answer"]],
  approval: [["approve", "Approve"], ["deny", "Deny"]],
  tool: [["output", "Give this output"], ["error", "Say that it failed"]],
};
const LABELS = { question: "Your answer", approval: "What the agent should know, if anything", tool: "What the application would answer" };
let shown = "";

export function showDecisions(run, path, refresh) {
  const open = run.waiting_for ? run.requests.filter((request) => !request.decision) : [];
  const past = run.requests.filter((request) => request.decision);
  $("decisions").hidden = run.requests.length === 0;
  $("decided").replaceChildren(...past.map((request) => element("li", {}, `${request.question} `,
    element("strong", {}, SAID[request.decision]), request.text ? `: ${request.text}` : "",
    element("span", { className: "soft" }, ` ${request.name} · ${request.decided_by}`))));
  /* A form that somebody is writing in is not drawn again. */
  const ids = open.map((request) => request.request_id).join(" ");
  if (ids === shown) return;
  shown = ids;
  $("decision-list").replaceChildren(...open.map((request) => form(request, path, refresh)));
}

function form(request, path, refresh) {
  const words = element("textarea", { name: "text", rows: 2, maxLength: 4000 });
  words.value = request.default ?? "";
  const proposal = request.arguments ?? request.proposal;
  const made = element("form", {},
    element("p", {}, element("strong", {}, request.question), element("span", { className: "soft" }, " until ", time(request.deadline))),
    proposal === null ? null : element("pre", {}, proposed(proposal)),
    ...(request.options.length ? [element("p", { className: "line" }, ...request.options.map((option) => choice(option, words)))] : []),
    element("label", { className: "field" }, element("span", {}, LABELS[request.kind]), words));
  const decide = (decision) => (event) => {
    event.preventDefault();
    attempt(async () => {
      await send("POST", `${path}/decisions/${encodeURIComponent(request.request_id)}`,
        { decision, text: words.value, decided_by: "console" });
      await refresh();
    }, event.currentTarget);
  };
  made.append(element("p", { className: "line" }, ...BUTTONS[request.kind].map(([decision, name], place) => {
    const button = element("button", { type: "button", className: place === 0 ? "main" : "" }, name);
    button.addEventListener("click", decide(decision));
    return button;
  })));
  made.addEventListener("submit", (event) => event.preventDefault());
  return made;
}

function choice(option, words) {
  const button = element("button", { type: "button" }, option);
  button.addEventListener("click", () => { words.value = option; });
  return button;
}

function proposed(proposal) {
  if (typeof proposal === "string") return proposal;
  if (proposal.steps) return proposal.steps.map((step) => `- ${step.title}`).join("\n");
  return Object.entries(proposal).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join("\n");
}
