// Follows a run with the npm package `eventsource` and writes down each event: URL FILE [stay].
// Started again with the same file, it goes on where the last one was killed. With `stay` it does not close at the
// end, as a page would that does not know of it.
import { EventSource } from "eventsource";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";

const [url, file, stay] = process.argv.slice(2);
const known = existsSync(file) ? readFileSync(file, "utf8") : "";
const whole = known.slice(0, known.lastIndexOf("\n") + 1);
writeFileSync(file, whole);
const last = whole.trimEnd().split("\n").at(-1).split("\t")[0];

const source = new EventSource(last ? `${url}?after=${last}` : url);
const write = (event) => appendFileSync(file, `${event.lastEventId}\t${event.data}\n`);
source.onmessage = write;
source.addEventListener("reset", write);
source.addEventListener("end", () => stay || source.close());
source.onerror = (error) => {
  if (error.code === 204) console.log("told not to come again");
};
