// The authoring room: saves while its author types, shows the step in its frames, counts signs, moves steps.
// Everything works without it: each form has its button. The server owns the truth, and what could not be saved stays
// in the page and is told in words.

const SAVE_AFTER = 1000, SHOW_AFTER = 300, TRY_AGAIN = 5000;
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, members) => Object.assign(document.createElement(tag), members);
const light = document.getElementById("saved");

function say(words, state) {
  if (!light || (light.textContent === words && light.dataset.state === state)) return;
  light.textContent = words;
  light.dataset.state = state;
}

async function post(address, form, extra = {}) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) body.set(name, value);
  const headers = { Accept: "application/json" };
  const answer = await fetch(address, { method: "POST", body, headers, redirect: "manual" });
  const told = await answer.json().catch(() => ({}));
  return { ok: answer.ok, status: answer.status, ...told };
}

// --- Saving while typing ---

function keepSaved(form) {
  let timer = 0, isSaving = false, isDirty = false, isStopped = false;

  const save = async () => {
    clearTimeout(timer);
    if (isSaving || isStopped || !isDirty) return;
    [isSaving, isDirty] = [true, false];
    say("Saving…", "waiting");
    const told = await post(form.getAttribute("action"), form).catch(() => ({ say: "The server cannot be reached." }));
    isSaving = false;
    if (told.ok) {
      form.elements.read.value = told.read;
      if (told.moved_to) moveTo(form, told.moved_to);
      showFindings(told.findings.filter(isTold));
      say(told.say, "saved");
      offerUndo(told.revision);
      showWhatIsSaved();
      if (isDirty) plan();
      return;
    }
    isDirty = true;
    const stays = told.conflict ? "" : " What you typed is still in this page.";
    say(`Not saved. ${told.say || "Something went wrong."}${stays}`, "failed");
    if ([403, 404, 409, 422].includes(told.status)) {
      isStopped = told.status !== 422;
      if (told.conflict) light.append(" ", lookAtBoth(form));
      else if (told.status === 409) light.append(" ", lookAgain());
      return;
    }
    timer = setTimeout(save, TRY_AGAIN);
  };
  const plan = () => {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER);
  };
  const typed = () => {
    if (isStopped) return;
    say("Not saved yet", "waiting");
    plan();
  };
  const left = new Set(), isNew = "untouched" in form.dataset;
  const isTold = (one) => !isNew || left.has(one.field);
  form.addEventListener("focusout", ({ target }) => left.add(target.id).add(target.closest("fieldset[id]")?.id));
  form.addEventListener("input", typed);
  if (isTypedAlready(form)) typed();
  form.addEventListener("submit", () => (isStopped = true));
  document.addEventListener("visibilitychange", () => document.hidden && save());
  addEventListener("online", save);
  addEventListener("beforeunload", (event) => {
    if (!isStopped && (isDirty || isSaving)) event.preventDefault();
  });
}

/** On a slow computer somebody may type before this script is there, or a browser fills in what was typed before. */
function isTypedAlready(form) {
  return [...form.elements].some((one) => {
    if (one.type === "checkbox" || one.type === "radio") return one.checked !== one.defaultChecked;
    if (one.type === "hidden" || one.defaultValue === undefined) return false;
    return one.value !== one.defaultValue;
  });
}

/** A frame that had nothing to show has something once it is saved, such as the film that was chosen. */
function showWhatIsSaved() {
  for (const frame of all("iframe[data-frame]")) {
    if (!frame.contentDocument?.getElementById("panel-stage")) frame.contentWindow?.location.reload();
  }
}

/** The server shows both texts when the form is sent as a page. */
function lookAtBoth(form) {
  const button = make("button", { type: "button", className: "btn", textContent: "Look at both" });
  button.addEventListener("click", () => form.submit());
  return button;
}

function lookAgain() {
  const link = make("a", { href: location.href, target: "_blank", textContent: "Look at theirs in another window" });
  link.rel = "noopener";
  return link;
}

function offerUndo(revision) {
  const form = document.querySelector("[data-undo]");
  form.elements.revision.value = revision;
  form.querySelector(".what").textContent = "";
  form.hidden = false;
}

/** A question or fact that got another name has another address. */
function moveTo(form, address) {
  if (form.getAttribute("action") === address) return;
  form.setAttribute("action", address);
  if (form.dataset.preview) form.dataset.preview = `${address}/preview`;
  history.replaceState(null, "", address);
}

function showFindings(findings) {
  const lists = all("[data-beside]");
  const named = new Set(lists.map((list) => list.dataset.beside));
  for (const list of lists) {
    const mine = findings.filter((one) => (named.has(one.field) ? one.field : "") === list.dataset.beside);
    const words = mine.map((one) => `${one.sentence} ${one.remedy}`);
    if (words.join("\n") === all("li", list).map((item) => item.textContent).join("\n")) continue;
    const className = (one) => (one.is_warning ? "hint" : "wrong");
    list.replaceChildren(...mine.map((one, n) => make("li", { className: className(one), textContent: words[n] })));
  }
}

// --- How it looks ---

function showWhileTyping(form) {
  const side = document.querySelector(".looks");
  const [place, phase] = ["place", "phase"].map((name) => side.querySelector(`[data-look=${name}]`));
  side.dataset.canLook = "";
  let timer = 0, newest = 0;

  const show = async () => {
    const turn = ++newest;
    const look = { place: place.value || "0", phase: phase.value };
    const told = await post(form.dataset.preview, form, look).catch(() => null);
    if (!told?.ok || turn !== newest) return;
    offerSteps(place, told.steps);
    const shown = place.selectedOptions[0];
    phase.closest("label").hidden = !shown?.dataset.asking;
    for (const frame of all("iframe[data-frame]", side)) draw(frame, told[frame.dataset.audience]);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, SHOW_AFTER);
  });
  for (const select of [place, phase]) select.addEventListener("change", show);
  for (const frame of all("iframe[data-frame]", side)) {
    frame.addEventListener("load", () => judge(frame));
    judge(frame);
  }
}

// --- A picture or film that was just added ---

/** It is offered in every list of the step, and chosen where its author was writing. */
function chooseAdded(form) {
  let place = null;
  form.addEventListener("focusin", (event) => (place = event.target.closest(".picture-field") || place));
  form.addEventListener("change", (event) => describe(event.target));
  document.addEventListener("media:added", (event) => {
    const { kind, path, alt, needs_captions: lacks } = event.detail;
    const lists = all(kind === "film" ? "select[name=film]" : "select[name$=picture]", form);
    if (!lists.length) return;
    event.preventDefault();
    for (const list of lists) {
      const textContent = kind === "film" ? `${alt}${lacks ? " (no captions yet)" : ""}` : `Ours: ${alt || "decorative"}`;
      const option = make("option", { value: path, textContent });
      if (kind === "picture") option.dataset.alt = alt;
      list.options[0].after(option);
    }
    const list = (place?.isConnected && place.querySelector("select")) || lists[0];
    list.value = path;
    describe(list);
    list.dispatchEvent(new Event("input", { bubbles: true }));
    list.focus();
  });
}

/** An own picture brings its words along. */
function describe(list) {
  const alt = list.selectedOptions?.[0]?.dataset.alt;
  const fields = list.closest(".picture-field");
  if (alt === undefined || !fields) return;
  fields.querySelector("input[name$=alt]").value = alt;
  fields.querySelector("input[name$=decorative]").checked = !alt;
}

function offerSteps(select, steps) {
  const words = steps.map((step, n) => `${n + 1}: ${step.title}`.slice(0, 40));
  if (words.join("\n") === all("option", select).map((one) => one.textContent).join("\n")) return;
  const chosen = select.value;
  select.closest("label").hidden = steps.length < 2;
  select.replaceChildren(
    ...steps.map((step, n) => {
      const option = make("option", { value: step.place, textContent: words[n] });
      option.dataset.asking = step.is_asking ? "yes" : "";
      return option;
    }),
  );
  if (steps.some((step) => String(step.place) === chosen)) select.value = chosen;
}

async function draw(frame, html) {
  const inside = frame.contentDocument;
  const panel = inside?.getElementById("panel-stage");
  if (!panel) {
    frame.contentWindow?.location.reload(); // there was nothing to show yet
    return;
  }
  panel.innerHTML = html;
  await Promise.all(all("img", inside).map((image) => image.decode().catch(() => {})));
  judge(frame);
}

/** Whether all words and pictures are inside their screen; a pupil's page may be longer, but never wider. */
function judge(frame) {
  const inside = frame.contentDocument, view = frame.contentWindow;
  const note = document.querySelector(`[data-fits="${frame.dataset.frame}"]`);
  if (!note || !inside?.body?.children.length || inside.readyState !== "complete") return;
  if (!inside.getElementById("panel-stage")) {
    note.textContent = "";
    return;
  }
  const tells = frame.dataset.audience === "screen" ? fitsScreen(inside, view) : fitsPupil(inside, view);
  note.textContent = tells || "fits";
  note.classList.toggle("wrong", Boolean(tells));
}

function fitsScreen(inside, view) {
  const bar = inside.querySelector(".bar-controls");
  const floor = bar ? bar.getBoundingClientRect().top : view.innerHeight;
  const shown = all(".show :is(h1, h2, p, li, .words, .picture, .tile, .bubble)", inside).filter((one) => !one.closest(".sr"));
  const isOut = shown.some((one) => {
    const box = one.getBoundingClientRect();
    if (!box.width) return false;
    const holder = one.closest(".tile, .bubble")?.getBoundingClientRect();
    const spills = holder && one.matches(".words, p") && (box.bottom > holder.bottom + 2 || box.top < holder.top - 2);
    return box.bottom > floor + 2 || box.right > view.innerWidth + 2 || box.top < -2 || spills;
  });
  const small = inside.querySelector(".slide .picture")?.getBoundingClientRect();
  if (isOut) return "does not fit: use fewer words";
  return small && small.height < view.innerHeight * 0.2 ? "the picture is very small: use fewer words" : "";
}

function fitsPupil(inside, view) {
  const page = inside.documentElement;
  if (page.scrollWidth > view.innerWidth + 1) return "too wide: use shorter words";
  return page.scrollHeight > view.innerHeight * 1.6 ? "long: pupils have to scroll" : "";
}

// --- Places in a picture ---

/** Drag over the picture to say where the thing of the row is in which one wrote last. */
function drawPlaces(map) {
  const rows = all("[data-spot-row]", map.closest("fieldset"));
  const placeOf = (row) => row.querySelector("[data-place]");
  const numbers = (row) => (placeOf(row).value.match(/\d+(\.\d)?/g) || []).map(Number);
  let now = rows.find((row) => row.querySelector("[data-limit]").value && !placeOf(row).value) || rows[0];
  let from = null;

  const mark = () => {
    all("i", map).forEach((one) => one.remove());
    rows.forEach((row, n) => {
      row.classList.toggle("now", row === now);
      const [left, top, width, height] = numbers(row);
      if (height === undefined) return;
      const box = make("i", { className: row === now ? "now" : "" });
      box.append(make("b", { textContent: n + 1 }));
      Object.assign(box.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
      map.append(box);
    });
  };
  const at = (event) => {
    const box = map.getBoundingClientRect();
    const share = (value, whole) => Math.min(100, Math.max(0, (100 * value) / whole));
    return [share(event.clientX - box.left, box.width), share(event.clientY - box.top, box.height)];
  };
  map.addEventListener("pointerdown", (event) => {
    from = at(event);
    map.setPointerCapture(event.pointerId);
  });
  map.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = at(event);
    const [left, top] = [0, 1].map((n) => Math.min(from[n], to[n]));
    const [width, height] = [0, 1].map((n) => Math.abs(from[n] - to[n]));
    placeOf(now).value = [left, top, width, height].map((one) => `${Math.round(one)}%`).join(" ");
    mark();
  });
  map.addEventListener("pointerup", () => {
    from = null;
    placeOf(now).dispatchEvent(new Event("input", { bubbles: true }));
  });
  for (const row of rows) {
    row.addEventListener("focusin", () => ((now = row), mark()));
    placeOf(row).addEventListener("input", mark);
  }
  map.closest("fieldset").dataset.canDraw = "";
  mark();
}

// --- Counting signs ---

function count(field) {
  const shown = document.getElementById(`count-${field.id}`);
  if (!shown) return;
  const length = [...field.value.trim()].length, limit = Number(field.dataset.limit);
  shown.textContent = length > limit ? `${length} of ${limit}: ${length - limit} too many` : `${length} of ${limit}`;
  shown.classList.toggle("over", length > limit);
}

// --- Moving steps ---

/** The same page again, of which only this piece is put in; the button that was pressed keeps the focus. */
async function swap(form, extra, focus) {
  const selector = form.dataset.swap;
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) body.set(name, value);
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body }).catch(() => null);
  if (!answer?.ok) {
    location.reload();
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const piece of [selector, ".keep"]) document.querySelector(piece)?.replaceWith(page.querySelector(piece));
  letMove();
  const again = document.getElementById(focus);
  (again?.disabled ? again.parentElement.querySelector("button:not([disabled])") : again)?.focus();
}

function letMove() {
  for (const form of all("form[data-swap]")) {
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!button) return;
      event.preventDefault();
      swap(form, { [button.name]: button.value }, button.id);
    });
  }
  for (const list of all("[data-drag]")) letDrag(list);
}

function letDrag(list) {
  list.dataset.canDrag = "";
  let dragged = null;
  const items = () => all(":scope > li", list);
  const clear = () => items().forEach((item) => item.classList.remove("over", "over-end"));
  for (const item of items()) {
    item.draggable = true;
    item.addEventListener("dragstart", (event) => {
      dragged = item;
      item.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    });
    item.addEventListener("dragend", () => (clear(), item.classList.remove("dragged")));
    item.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      clear();
      item.classList.add(isLower(item, event) ? "over-end" : "over");
    });
    item.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!dragged || dragged === item) return;
      item[isLower(item, event) ? "after" : "before"](dragged);
      const order = items().map((one) => one.dataset.key).join(",");
      swap(list.querySelector("form[data-swap]"), { order }, `up-${dragged.dataset.key}`);
    });
    item.addEventListener("keydown", (event) => {
      const by = { ArrowUp: "up", ArrowDown: "down" }[event.key];
      if (!event.altKey || !by) return;
      event.preventDefault();
      const button = document.getElementById(`${by}-${item.dataset.key}`);
      if (!button.disabled) swap(button.form, { [button.name]: button.value }, button.id);
    });
  }
}

function isLower(item, event) {
  const box = item.getBoundingClientRect();
  return event.clientY > box.top + box.height / 2;
}

// --- Here we go ---

for (const form of all("form[data-autosave]")) keepSaved(form);
const editor = document.getElementById("editor");
if (editor && document.querySelector(".looks")) showWhileTyping(editor);
if (editor) chooseAdded(editor);
for (const field of all("[data-limit]")) {
  field.addEventListener("input", () => count(field));
  count(field);
}
for (const map of all("[data-spot-map]")) drawPlaces(map);
for (const select of all("[data-send-on-change]")) {
  select.addEventListener("change", () => {
    if (select.form.requestSubmit) select.form.requestSubmit();
    else select.form.submit();
  });
}
letMove();
const walk = document.querySelector("[data-walk]");
if (walk) {
  walk.parentElement.dataset.canLook = "";
  walk.addEventListener("change", () => walk.submit());
}
