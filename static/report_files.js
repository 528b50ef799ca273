// Says that a file is being made: a season's spreadsheet takes seconds. Without it the links do the same, in silence.

const bar = document.getElementById("file-bar"), told = document.getElementById("file-told");
let isMaking = false;

async function take(link) {
  isMaking = true;
  [bar.hidden, told.textContent] = [false, `Making the file: ${link.textContent.trim()}…`];
  try {
    const reply = await fetch(link.href, { cache: "no-store", redirect: "error" });
    const named = reply.headers.get("content-disposition")?.match(/filename="([^"]+)"/);
    if (!named) throw new Error(reply.status === 409 ? "Many files are being made. Try again in a minute." : "");
    save(await reply.blob(), named[1]);
    told.textContent = `${named[1]} is among your downloads.`;
  } catch (error) {
    const isOurs = error.constructor === Error && error.message;
    told.textContent = isOurs ? error.message : "The file could not be made. Look at your network and try again.";
  }
  [bar.hidden, isMaking] = [true, false];
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
