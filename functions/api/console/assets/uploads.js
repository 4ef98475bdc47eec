/* Sending files to a project: the service promises places for them, and each goes to its own. */

import { counted, Refused, send } from "./page.js";

const AN_UPLOAD = 500;
const AT_A_TIME = 4;

/* The ids of the uploads of all `files`, pairs of path and file; `tell` is told how far it is. */
export async function upload(projectId, files, tell) {
  const ids = [];
  let sent = 0;
  for (let first = 0; first < files.length; first += AN_UPLOAD) {
    const some = files.slice(first, first + AN_UPLOAD);
    const promised = { files: some.map(([path, file]) => ({ path, size: file.size })) };
    const opened = await send("POST", `projects/${encodeURIComponent(projectId)}/uploads`, promised);
    const waiting = opened.files.map((target, place) => [target, some[place][1]]);
    await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
      for (let each = waiting.shift(); each; each = waiting.shift()) {
        const [target, file] = each;
        const answer = await fetch(target.url, { method: "PUT", headers: target.headers, body: file });
        if (!answer.ok) throw new Refused({ detail: `${target.path} was not taken (${answer.status}).` }, answer.status);
        sent += 1;
        tell(`${sent} of ${counted(files.length, "file")} sent`);
      }
    }));
    ids.push(opened.upload_id);
  }
  return ids;
}
