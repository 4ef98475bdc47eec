/* The service itself: alarms and metrics, as /metrics of a laptop cloud has them in the text format of Prometheus. */

import { $, ask, counted, element, keepUp, Refused } from "./page.js";

const EVERY = 5000;
const ALARM = "codex_swarm_alarm";
const LINE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/* Each sample as { name, labels, value }; comments are for other readers. */
function samples(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const parts = line.startsWith("#") ? null : LINE.exec(line);
    if (parts) {
      const labels = [...(parts[2] ?? "").matchAll(LABEL)].map(([, label, value]) => [label, value]);
      found.push({ name: parts[1], labels, value: Number(parts[3]) });
    }
  }
  return found;
}

const rounded = (value) => value.toLocaleString("en", { maximumFractionDigits: 3 });

function show(found) {
  const alarms = found.filter((each) => each.name === ALARM);
  const ringing = alarms.filter((each) => each.value);
  $("ringing").textContent = ringing.length ? `${counted(ringing.length, "alarm")} ringing` : "Nothing rings.";
  alarms.sort((one, other) => other.value - one.value);
  $("alarms").replaceChildren(...alarms.map(({ labels, value }) => element("tr", {},
    element("td", {}, labels[0][1]),
    element("td", {}, element("span", { className: `pill ${value ? "failed" : "succeeded"}` }, value ? "rings" : "quiet")))));
  $("metrics").replaceChildren(...found.filter((each) => each.name !== ALARM).map(({ name, labels, value }) => element("tr", {},
    element("td", {}, name),
    element("td", { className: "wide soft" }, labels.map(([label, of]) => `${label} ${of}`).join(", ")),
    element("td", { className: "number" }, rounded(value)))));
}

async function round() {
  try {
    show(samples(await (await ask("metrics")).text()));
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error;
    $("elsewhere").hidden = false;
    return undefined;
  }
  $("alarms-card").hidden = $("metrics-card").hidden = false;
  return EVERY;
}

keepUp(round);
