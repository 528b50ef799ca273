// The live wall asks for itself every few seconds, and is drawn anew only when it has changed.

const EVERY = 4000;
const wall = document.getElementById("wall"), link = document.getElementById("wall-link");
let tag = "", failures = 0;

async function look() {
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const reply = await fetch(wall.dataset.panel, { headers, cache: "no-store", redirect: "error", signal: late(8000) });
    if (reply.status === 200 && reply.headers.get("content-type")?.startsWith("text/html")) draw(reply, await reply.text());
    else if (reply.status !== 304) throw new Error(reply.status);
    failures = 0;
  } catch {
    failures += 1;
  }
  const words = failures > 1 ? "The link is lost. What you see may be old." : "";
  if (link.textContent !== words) link.textContent = words;
  setTimeout(look, EVERY);
}

function draw(reply, html) {
  tag = reply.headers.get("etag") || "";
  const focused = wall.contains(document.activeElement) && document.activeElement.id;
  wall.innerHTML = html;
  if (focused) document.getElementById(focused)?.focus();
}

function late(wait) {
  const control = new AbortController(); // Safari 15 has no AbortSignal.timeout
  setTimeout(() => control.abort(), wait);
  return control.signal;
}

setTimeout(look, EVERY);
