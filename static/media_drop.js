// Paste, drop or choose: any form that is marked data-media-drop takes a picture or film in each of these ways, shows
// how it will stand on a 4:3 screen, and tells how much has been sent. Without this script the form works as it is.
// Once added, `media:added` is fired on the form, with what the server says of it as `detail`; whoever takes care of
// that calls preventDefault(), otherwise the page of all pictures and films is opened.

const FILM = /^video\//;
const LARGEST = { film: [100e6, "100 MB"], picture: [8e6, "8 MB"] };
const TOO_LARGE = "That is too large. A film may have 100 MB, a picture 8 MB.";
const NOT_SENT = "That did not get through. Nothing was added. Try again.";

for (const form of document.querySelectorAll("form[data-media-drop]")) prepare(form);

function prepare(form) {
  const place = form.querySelector("[data-drop]");
  const input = form.querySelector("input[name=file]");
  form.querySelector("[data-drop-words]").hidden = false;
  show(form, null);
  input.addEventListener("change", () => show(form, input.files[0]));
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      place.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    });
  }
  place.addEventListener("drop", (event) => take(form, event.dataTransfer.files[0]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

// A pasted picture goes into the form in which one is writing, else into the first.
document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files || [])].find((one) => /^(image|video)\//.test(one.type));
  const form = event.target.closest?.("form[data-media-drop]") || document.querySelector("form[data-media-drop]");
  if (!file || !form) return;
  event.preventDefault();
  take(form, file);
});

function take(form, file) {
  if (!file) return;
  const files = new DataTransfer();
  files.items.add(file);
  form.querySelector("input[name=file]").files = files.files;
  form.closest("details")?.setAttribute("open", "");
  show(form, file);
  form.querySelector("input[name=alt]").focus();
}

function say(form, words, isRefusal = false) {
  const said = form.querySelector("[data-said]");
  said.textContent = words;
  said.classList.toggle("problem", isRefusal);
}

/** What was chosen, and only the fields that it needs. */
function show(form, file) {
  const isFilm = FILM.test(file?.type || "");
  for (const field of form.querySelectorAll("[data-for-pictures]")) field.hidden = isFilm;
  for (const field of form.querySelectorAll("[data-for-films]")) field.hidden = !isFilm;
  const preview = form.querySelector("[data-preview]");
  preview.hidden = !file;
  say(form, "");
  if (!file) return;
  const [largest, words] = LARGEST[isFilm ? "film" : "picture"];
  if (file.size > largest) say(form, `This file is larger than ${words}. Choose a smaller one.`, true);
  preview.querySelector("figcaption").textContent = `${file.name}, ${Math.max(0.1, file.size / 1e6).toFixed(1)} MB`;
  preview.querySelector("canvas").hidden = true;
  if (!isFilm) draw(preview.querySelector("canvas"), file);
}

/** On a canvas: our own rules let no page show a picture that has not come from the server. */
async function draw(canvas, file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    canvas.hidden = false;
  } catch {
    canvas.hidden = true; // the server will say what is wrong with it
  }
}

function send(form) {
  const bar = form.querySelector("[data-progress]");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest(); // fetch does not tell how much has been sent
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.onprogress = (event) => (bar.value = event.lengthComputable ? event.loaded / event.total : 0);
  request.upload.onload = () => say(form, "Sent. The server looks at it…");
  request.onerror = request.onabort = () => end(NOT_SENT, true);
  request.onload = () => {
    const { response, status } = request;
    const isAdded = status === 201;
    end(isAdded ? "Added." : response?.say || (status === 413 ? TOO_LARGE : NOT_SENT), !isAdded);
    if (isAdded) added(form, response);
  };
  bar.hidden = false;
  button.disabled = true;
  say(form, "Sending…");
  request.send(new FormData(form));

  function end(words, isRefusal) {
    bar.hidden = true;
    button.disabled = false;
    say(form, words, isRefusal);
  }
}

function added(form, medium) {
  const told = new CustomEvent("media:added", { bubbles: true, cancelable: true, detail: medium });
  if (!form.dispatchEvent(told)) {
    form.reset();
    show(form, null);
    return;
  }
  location.assign(`/author/media?added=${medium.name}#${medium.name}`); // another address: the page is fetched anew
}
