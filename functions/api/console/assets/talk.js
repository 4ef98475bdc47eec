/* What is said to a run: a form, and the messages with what became of them. */

import { $, ask, askJson, attempt, element, isActive, runPage } from "./page.js";

let key = "";

export function showTalk(run, path) {
  const active = isActive(run);
  $("talk").hidden = false;
  $("later-line").hidden = !active;
  $("message-label").textContent = active
    ? "To the agent; it reads this before its next turn" : "Go on, in a new run with these files and this conversation";
  $("messages").replaceChildren(...run.messages.map((message) => {
    const item = element("li", {}, message.text, element("span", { className: "soft" }, ` ${message.mode} · ${message.state}`));
    if (active && message.state === "waiting") {
      const back = element("button", { type: "button" }, "Take back");
      back.setAttribute("aria-label", `Take back: ${message.text}`);
      back.addEventListener("click", () => attempt(async () => {
        await ask(`${path}/messages/${encodeURIComponent(message.id)}`, { method: "DELETE" });
        showTalk(await askJson(path), path);
      }, back));
      item.append(" ", back);
    }
    return item;
  }));
}

export function listen(path, latest) {
  $("message").addEventListener("input", () => { key = ""; });
  $("message-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      /* The same words sent again after a failure are said once. */
      key ||= crypto.randomUUID();
      const mode = isActive(latest()) && $("later").checked ? "followup" : "steer";
      const answer = await ask(`${path}/messages`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify({ text: $("message").value, mode }),
      });
      const sent = await answer.json();
      if (answer.status === 201) {
        location.assign(runPage(sent.id));
        return;
      }
      key = "";
      $("message").value = "";
      $("message-told").textContent = "Sent.";
      showTalk(await askJson(path), path);
    }, $("say"));
  });
}
