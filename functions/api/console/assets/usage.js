/* What runs used and cost, the budget over them, and the quotas. Days are those of UTC, as the service counts them. */

import { $, ask, askJson, attempt, counted, element, facts, saveBlob, send, size, time } from "./page.js";

const NAMES = { day: "Day", project_id: "Project", task_type: "Type", model: "Model" };
const COLUMNS = [
  ["Runs", "runs", "number"], ["Calls", "model_calls", "number wide"],
  ["Tokens in", "input_tokens", "number wide"], ["Tokens out", "output_tokens", "number wide"],
];
const LIMITS = ["daily_usd", "monthly_usd", "callback_url"];
const form = $("asked");
const limits = $("limits");
const today = new Date().toISOString().slice(0, 10);
let search = 0;

const dollars = (value) =>
  `$${value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`;

function query(more = {}) {
  const given = [...new FormData(form)].filter(([, value]) => value.trim());
  return new URLSearchParams([...given.map(([name, value]) => [name, value.trim()]), ...Object.entries(more)]);
}

function valueOf(row, name) {
  return name === "task_type" ? row.task_type.replaceAll("_", " ") : row[name] || "none";
}

async function show() {
  const mine = ++search;
  const { report } = await askJson(`usage?${query()}`);
  if (mine !== search) return;
  const { rows, total, group_by: groups } = report;
  $("columns").replaceChildren(
    ...groups.map((name) => element("th", { scope: "col" }, NAMES[name])),
    ...COLUMNS.map(([text, , className]) => element("th", { scope: "col", className }, text)),
    element("th", { scope: "col", className: "number" }, "Cost"));
  $("rows").replaceChildren(...rows.map((row) => element("tr", {},
    ...groups.map((name) => element("td", {}, valueOf(row, name))),
    ...COLUMNS.map(([, name, className]) => element("td", { className }, row[name].toLocaleString())),
    element("td", { className: "number" }, dollars(row.cost_usd)))));
  $("report").hidden = rows.length === 0;
  const unpriced = total.unpriced_calls ? `, and ${counted(total.unpriced_calls, "call")} whose price is not known` : "";
  $("total").textContent = rows.length === 0
    ? "No run used anything in this time."
    : `${counted(total.runs, "run")}, ${dollars(total.cost_usd)}${unpriced}.`;
}

function standing(name, spent, limits, resets) {
  const known = limits.filter((limit) => limit !== null);
  if (known.length === 0) return [name, dollars(spent)];
  const limit = Math.min(...known);
  const told = `${dollars(spent)} of ${dollars(limit)}`;
  const bar = element("meter", {
    min: 0, max: limit || 1, high: 0.8 * (limit || 1), value: limit ? spent : 1, aria: { label: `${name}: ${told}` },
  });
  return [name, `${told} `, bar, " begins anew ", time(resets)];
}

const budgetPath = () => {
  const project = limits.elements.owner.value.trim();
  return project ? `projects/${encodeURIComponent(project)}/budget` : "budget";
};

/* A key that is for some projects only is not told what the whole tenant spends. */
async function showBudget() {
  const path = budgetPath();
  // What is typed now would be written over in a moment.
  canSet(false);
  const budget = await askJson(path).catch((error) => {
    if (error.code !== "project_not_allowed") throw error;
    return null;
  });
  if (path !== budgetPath()) return;
  fillBudget(budget);
  canSet(true);
}

function canSet(can) {
  for (const name of LIMITS) limits.elements[name].disabled = !can;
  limits.querySelector("button").disabled = !can;
}

function fillBudget(budget) {
  if (budget === null) {
    $("budget").replaceChildren();
    $("no-budget").textContent = "This key is not told of this budget; name a project of yours.";
    return;
  }
  const daily = [budget.daily_usd, budget.granted_daily_usd];
  const monthly = [budget.monthly_usd, budget.granted_monthly_usd];
  $("budget").replaceChildren(...facts([
    standing("Today", budget.spent_today_usd, daily, budget.day_resets_at),
    standing("This month", budget.spent_this_month_usd, monthly, budget.month_resets_at),
  ]));
  const limited = [...daily, ...monthly].some((limit) => limit !== null);
  $("no-budget").textContent = limited ? "" : "None is set.";
  for (const name of LIMITS) limits.elements[name].value = budget[name] ?? "";
}

/* What is left empty is not limited. Setting one needs a key with the scope admin. */
async function setBudget() {
  const given = LIMITS.map((name) => [name, limits.elements[name].value.trim()]).filter(([, value]) => value);
  const wanted = given.map(([name, value]) => [name, name.endsWith("_usd") ? Number(value) : value]);
  fillBudget(await send("PUT", budgetPath(), Object.fromEntries(wanted)));
  $("limits-set").textContent = "It is set, and counts from the next turn on.";
}

async function showQuotas() {
  const used = await askJson("usage");
  const named = [["Active runs", used.active_runs], ["Waiting runs", used.queued_runs], ["Uploads", used.uploads]];
  $("quotas").replaceChildren(...facts([
    ["Stored", `${size(used.stored_bytes.used)} of ${size(used.stored_bytes.limit)}`],
    ...named.map(([name, quota]) => [name, `${quota.used.toLocaleString()} of ${quota.limit.toLocaleString()}`]),
  ]));
}

form.elements.from.value = `${today.slice(0, 8)}01`;
form.elements.to.value = today;
form.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  attempt(show, form.querySelector("button.main"));
});
$("csv").addEventListener("click", () => attempt(async () => {
  saveBlob(await (await ask(`usage?${query({ format: "csv" })}`)).blob(), "usage.csv");
}, $("csv")));
limits.elements.owner.addEventListener("change", () => {
  $("limits-set").textContent = "";
  attempt(showBudget);
});
limits.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  attempt(setBudget, limits.querySelector("button"));
});

await attempt(show);
await Promise.all([attempt(showBudget), attempt(showQuotas)]);
