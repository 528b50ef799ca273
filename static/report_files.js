// Says that a file is being made: a season's spreadsheet takes seconds. Without it the links do the same, in silence.

const bar = document.getElementById("file-bar"), told = document.getElementById("file-told");
const STILL_BEING_MADE = 202, LONGEST_MS = 600_000, PAUSE_MS = 2_000;
let isMaking = false;

async function take(link) {
  isMaking = true;
  [bar.hidden, told.textContent] = [false, `Making the file: ${link.textContent.trim()}…`];
  try {
    const reply = await asked(link.href);
    const named = reply.headers.get("content-disposition")?.match(/filename="([^"]+)"/);
    if (!named) throw new Error(reason(reply.status));
    save(await reply.blob(), named[1]);
    told.textContent = `${named[1]} is among your downloads.`;
  } catch (error) {
    const isOurs = error.constructor === Error && error.message;
    told.textContent = isOurs ? error.message : "The file could not be made. Look at your network and try again.";
  }
  [bar.hidden, isMaking] = [true, false];
}

// A large file takes longer than one request may wait: the server then says so, and is asked again.
async function asked(address) {
  const begun = Date.now();
  for (;;) {
    const reply = await fetch(address, { cache: "no-store", redirect: "error" });
    if (reply.status !== STILL_BEING_MADE || Date.now() - begun > LONGEST_MS) return reply;
    told.textContent = "The file is large and still being made. Leave this page open: it comes by itself.";
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function reason(status) {
  if (status === 409) return "Many files are being made. Try again in a minute.";
  return status === STILL_BEING_MADE ? "The file took too long. Choose one term, school or topic above, and begin again." : "";
}

function save(content, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers begin to read it only later
}

for (const link of document.querySelectorAll("a[data-file]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (!isMaking) take(link);
  });
}
