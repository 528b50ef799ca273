// The live side of four pages: a pupil's, the classroom screen, the teacher's controls and the presenter's console.
// It speaks docs/protocol.md. The server owns the truth: losing everything here costs a reload, not an answer.
// Floor: Safari 15, Chrome 100, Firefox 100; so nothing here needs form.requestSubmit or event.submitter.

import { NOT_SURE, SURE, forms, isRight, paintOwn, withoutSure } from "./live_answers.js";
import { openLink, openOutbox, request } from "./live_link.js";

const { audience, orders, run, over = "/class/run/report" } = document.body.dataset;
const isPupil = audience === "pupil";

const make = (tag, members) => Object.assign(document.createElement(tag), members);
const find = (id) => document.getElementById(id);
const stage = () => document.querySelector("#panel-stage .stage");
const phase = () => stage()?.dataset.phase || "";
const nameOf = ({ asking, round }) => (asking ? `${asking}/${round}` : "");
const nameHere = () => nameOf(stage()?.dataset || {});
const formHere = () => stage()?.dataset.form || "one";
const clock = () => performance.now(); // never set back, unlike Date.now()

const outbox = openOutbox(run);
const link =
  audience &&
  openLink({
    ...document.body.dataset,
    outbox,
    isOpen: () => phase() === "open",
    hear: (message) => heard[message.kind]?.(message), // a kind we do not know is no concern of ours
    tell: showLight,
  });

// --- What is said ---

const LIGHTS = {
  on: ["●", "Connected"],
  polling: ["●", "Connected"],
  again: ["◐", "Reconnecting…"],
  off: ["○", isPupil ? "Offline - your answer is kept" : "Offline"],
};
const SAVING = "Saving…", SAVED = "Answer saved.", LOOK_UP = "Look at the big screen";
const CHANGEABLE = `${SAVED} You can change it until your teacher closes the question.`;

/** A live region speaks whenever it is touched, so the same words are not written twice. */
function say(words, region = find("status")) {
  if (region && region.textContent !== words) region.textContent = words;
}

function saySaved() {
  say(phase() === "open" && !isFinal() ? CHANGEABLE : SAVED);
}

function said(words) {
  return find("status")?.textContent === words;
}

function showLight(state, lostFor) {
  const light = find("link");
  if (light && light.dataset.state !== state) {
    const [shape, word] = LIGHTS[state].map((textContent) => make("span", { textContent }));
    shape.setAttribute("aria-hidden", "true");
    light.replaceChildren(shape, " ", word);
    light.dataset.state = state;
  }
  if (!isPupil) return;
  if (lostFor > 10000) say(LOOK_UP);
  else if (said(LOOK_UP)) say(isWaiting() ? SAVING : "");
}

// --- What is heard ---

const isWaiting = () => outbox.waiting().some(isHere);

const heard = {
  panel: (message) => swap(message.panel, message.html),
  ack(message) {
    const answer = outbox.take(message.id);
    if (!answer) return;
    Object.assign(mine(answer), { saved: answer.choice });
    if (isHere(answer)) saySaved();
  },
  refused(message) {
    const answer = outbox.take(message.id);
    if (!answer) return;
    const own = mine(answer);
    own.choice = own.saved;
    delete own.draft;
    if (!isHere(answer)) return;
    say(message.say || "");
    showOwnChoice();
  },
  bye(message) {
    if (message.why === "removed") {
      outbox.clear();
      location.replace("/join?seat=closed"); // where the reason stands, and the code can be typed again
    } else if (message.why === "ended") end();
    else if (message.why === "signed_out") location.replace(audience === "console" ? "/sign-in" : "/class");
    else if (message.why === "elsewhere") offerThisTab();
  },
};

function offerThisTab() {
  showLight("off", 0);
  const textContent = "This lesson is open in another tab. Tap here to use this one.";
  find("status")?.replaceChildren(make("button", { type: "button", textContent, onclick: useThisTab }));
}

function useThisTab() {
  say("");
  readOutbox(); // the other tab may have left an answer on its way
  showOwnChoice();
  link.start();
}

function end() {
  link.stop();
  outbox.clear();
  letSleep();
  if (find("link")) find("link").hidden = true;
  if (!isPupil) location.replace(over);
}

// --- Panels ---

const shown = {}; // panel -> its html as the server wrote it, without our marks

function asWritten(html) {
  return make("template", { innerHTML: html }).innerHTML.trim();
}

function swap(name, html) {
  const panel = find(`panel-${name}`);
  const written = asWritten(html);
  if (!panel || shown[name] === written) return;
  shown[name] = written;
  const focused = panel.contains(document.activeElement) ? document.activeElement : null;
  const scrolled = [panel.scrollTop, scrollX, scrollY];
  const keepTyped = typedIn(panel);
  const opened = [...panel.querySelectorAll("details[id][open]")].map(({ id }) => id);
  if (!swapAround(panel, html)) replace(panel, html);
  keepTyped();
  for (const id of opened) find(id)?.setAttribute("open", "");
  if (focused && focused !== panel) (sameIn(panel, focused) || panel).focus({ preventScroll: true });
  // A pupil reads something new from its top; all else stays where the eye was.
  const isNew = isPupil && name === "stage" && (here === "" || here !== nameHere() || phase() === "revealed");
  [panel.scrollTop] = scrolled;
  scrollTo(isNew ? 0 : scrolled[1], isNew ? 0 : scrolled[2]);
  if (name === "me") readOwnChoice();
  if (name === "stage") stageCame();
  showToggles();
}

/** The same film on both sides stays as it is: drawn anew it would stop. All that stands around it is swapped. */
function swapAround(panel, html) {
  const fresh = make("template", { innerHTML: html }).content;
  const [film, same] = [panel, fresh].map((side) => side.querySelector("video"));
  if (!film || film.getAttribute("src") !== same?.getAttribute("src")) return false;
  const [olds, news] = [wayUp(film, panel), wayUp(same, fresh)];
  if (olds.length !== news.length) return false;
  olds.forEach((old, place) => {
    const siblings = [...news[place].parentNode.childNodes];
    const index = siblings.indexOf(news[place]);
    for (const other of [...old.parentNode.childNodes]) if (other !== old) other.remove();
    old.before(...siblings.slice(0, index));
    old.after(...siblings.slice(index + 1));
    if (old !== film) for (const { name, value } of news[place].attributes) old.setAttribute(name, value);
  });
  return true;
}

function wayUp(node, root) {
  return node.parentNode === root ? [node] : [node, ...wayUp(node.parentNode, root)];
}

let filmAt = {}; // where a film was when another stage came over it, such as the calm screen

function replace(panel, html) {
  const before = panel.querySelector("video");
  if (before) filmAt = { src: before.getAttribute("src"), time: before.currentTime };
  panel.innerHTML = html;
  const film = panel.querySelector("video");
  if (film && film.getAttribute("src") === filmAt.src) film.currentTime = filmAt.time;
}

function sameIn(panel, focused) {
  if (focused.id) return panel.querySelector(`#${CSS.escape(focused.id)}`);
  const { choice } = focused.dataset;
  return choice ? panel.querySelector(`form [data-choice="${CSS.escape(choice)}"]:not(:disabled)`) : null;
}

/** Remembers what is half typed in a panel; the returned function puts it back while the asking is the same. */
function typedIn(panel) {
  const askingOf = () => nameOf(panel.querySelector("[data-asking]")?.dataset || {});
  const before = askingOf();
  const fields = [...panel.querySelectorAll("input[id], textarea[id], select[id]")].filter(
    (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
  );
  return () => {
    if (askingOf() !== before) return;
    for (const { id, value, checked } of fields) {
      if (find(id)) Object.assign(find(id), { value, checked });
    }
  };
}

// --- A pupil's own choice ---

const ownChoices = new Map(); // asking/round -> {choice: as shown, saved: as acknowledged, change}

function mine(answer) {
  const name = nameOf(answer);
  if (!ownChoices.has(name)) ownChoices.set(name, { choice: "", saved: "", change: 0 });
  return ownChoices.get(name);
}

const isHere = (answer) => nameOf(answer) === nameHere();
const isFinal = () => "final" in (stage()?.dataset || {});

function readOwnChoice() {
  const me = document.querySelector("#panel-me .me")?.dataset;
  if (!me?.asking || !me.choice) return;
  const own = mine(me);
  if (Number(me.change) < own.change) return; // a newer choice is on its way
  if (Number(me.change) > own.change) delete own.draft;
  Object.assign(own, { choice: me.choice, saved: me.choice, change: Number(me.change) });
  showOwnChoice();
}

function readOutbox() {
  for (const answer of outbox.waiting()) {
    const own = mine(answer);
    if (answer.change > own.change) Object.assign(own, { choice: answer.choice, change: answer.change });
  }
  if (isWaiting()) say(SAVING);
}

function showOwnChoice() {
  const here = stage();
  if (!here || !isPupil) return;
  const own = ownChoices.get(nameOf(here.dataset)) || { choice: "" };
  const choice = withoutSure(own.choice);
  for (const tile of here.querySelectorAll("button[name=choice]")) {
    tile.setAttribute("aria-pressed", String(tile.value === choice));
    tile.form?.classList.toggle("has-choice", choice !== "");
    if (tile.form) tile.form.dataset.choice = choice;
  }
  if (here.dataset.form) forms[formHere()].paint(draftOf(own), here);
  for (const again of here.querySelectorAll("[data-again]")) again.disabled = draftOf(own) === "";
  const sure = own.sure ?? own.choice.match(SURE)?.[0].slice(1);
  for (const each of here.querySelectorAll("input[name=sure]")) each.checked = each.value === sure;
  if (here.dataset.phase === "revealed") showResult(here, choice);
}

/** What a pupil is putting together; once the question is closed, what was saved. */
function draftOf(own) {
  const choice = withoutSure(own.choice);
  return phase() === "open" && own.draft !== undefined ? own.draft : choice === NOT_SURE ? "" : choice;
}

function showResult(here, choice) {
  const { safest } = here.dataset;
  let result = safest && isRight(formHere(), choice, safest) ? "right" : "other";
  if (!choice) result = "none";
  else if (choice === NOT_SURE) result = NOT_SURE;
  else if (!safest) result = ""; // an opinion is neither right nor wrong
  for (const line of here.querySelectorAll("[data-mine]")) line.hidden = line.dataset.mine !== result;
  for (const line of here.querySelectorAll("[data-chose]")) line.hidden = line.dataset.chose !== choice;
  paintOwn(formHere(), choice, here);
}

/** A tap on a tile, a box, a place in a picture, or a number: whatever the form of the question makes of it. */
function tap(token, wait = 0) {
  if (phase() !== "open") return;
  if (link.isStopped()) {
    useThisTab(); // what the other tab chose meanwhile comes first; then this tile can be tapped
    return;
  }
  const here = stage();
  const own = mine(here.dataset);
  const form = forms[token === NOT_SURE ? "one" : formHere()];
  const before = draftOf(own);
  own.draft = form.tap(before, token, here);
  if (token === NOT_SURE) delete own.draft;
  const isWhole = token === NOT_SURE || form.isWhole(own.draft, here);
  const hint = form.hint?.(own.draft, token, here);
  if (isWhole && own.draft !== before) chooseSoon(own.draft ?? NOT_SURE, wait);
  else if (hint) say(hint);
  else if (isWhole && own.choice && own.choice === own.saved) saySaved();
  showOwnChoice();
}

const RESTS = 500; // milliseconds after the last move of a slide
let sending = 0;

/** A slide goes past many numbers: only the one it rests on is sent. */
function chooseSoon(draft, wait) {
  clearTimeout(sending);
  const name = nameHere();
  if (wait) sending = setTimeout(() => name === nameHere() && choose(draft), wait);
  else choose(draft);
}

function choose(draft) {
  if (phase() !== "open") return;
  const { asking, round } = stage().dataset;
  const own = mine({ asking, round });
  const sure = own.sure ?? own.choice.match(SURE)?.[0].slice(1);
  const choice = sure && draft !== NOT_SURE ? `${draft}+${sure}` : draft;
  if (own.choice === choice || (isFinal() && own.choice)) return;
  own.choice = choice;
  own.change += 1;
  outbox.put({ kind: "answer", id: newId(), asking, round: Number(round), choice, change: own.change });
  showOwnChoice();
  say(SAVING);
  link.flush();
}

function chooseSure(sure) {
  const own = mine(stage().dataset);
  own.sure = sure;
  const choice = withoutSure(own.choice);
  if (choice && choice !== NOT_SURE) choose(choice);
}

function startAgain() {
  const own = mine(stage().dataset);
  own.draft = "";
  forms[formHere()].restart?.();
  say("");
  showOwnChoice();
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // not in Safari 15.0, nor over plain HTTP
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// --- The stage ---

let here = ""; // the asking and round on the stage
let lastPhase = "";
const NEWS = {
  open: "The question is open.",
  closed: "The question is closed.",
  revealed: "The answer is on the screen.",
};

function stageCame() {
  stopReading();
  const now = stage()?.dataset || {};
  if (nameOf(now) !== here || now.phase === "revealed") say("");
  if (nameOf(now) !== here) forms.pairs.restart();
  else if (now.phase !== "open" && said(CHANGEABLE)) say(SAVED);
  if (now.phase !== lastPhase) say(NEWS[now.phase] || "", find("news")); // for screen readers, where the page has it
  here = nameOf(now);
  lastPhase = now.phase;
  if (now.phase === "open") leaveWelcome();
  showOwnChoice();
  if (now.phase === "ended") end();
}

function leaveWelcome() {
  const welcome = find("welcome");
  if (!welcome || welcome.hidden) return;
  const hadFocus = welcome.contains(document.activeElement);
  welcome.hidden = true;
  if (hadFocus) focusStage();
}

function focusStage() {
  const panel = find("panel-stage");
  panel.tabIndex = -1;
  panel.focus();
}

// --- Read to me ---

/** A voice on the device itself: what a child hears is told to no one else. */
function localVoice() {
  const voices = (window.speechSynthesis?.getVoices() || []).filter(
    (voice) => voice.localService === true && /^en\b/i.test(voice.lang.replace("_", "-")),
  );
  return voices.find((voice) => /gb/i.test(voice.lang)) || voices[0];
}

function showReadToMe() {
  if (find("read-to-me")) find("read-to-me").hidden = !localVoice();
}

function readToMe() {
  const wasReading = speechSynthesis.speaking || speechSynthesis.pending;
  stopReading();
  const voice = localVoice();
  if (wasReading || !voice) return;
  const wanted = "h1, h2, h3, p, li, .tile, button[name=choice]";
  const parts = [...stage().querySelectorAll(wanted)].filter(
    (part) => part.getClientRects().length && !part.parentElement.closest(wanted),
  );
  // Part by part: Chrome goes silent in the middle of a long text.
  for (const part of parts) {
    const words = Object.assign(new SpeechSynthesisUtterance(wordsOf(part)), { voice, lang: voice.lang });
    words.onstart = () => part.classList.add("reading");
    words.onend = words.onerror = () => {
      part.classList.remove("reading");
      if (part === parts[parts.length - 1]) find("read-to-me").removeAttribute("aria-pressed");
    };
    speechSynthesis.speak(words);
  }
  find("read-to-me").setAttribute("aria-pressed", "true");
}

const wordsOf = (part) => (part.getAttribute("aria-label") || part.textContent).replace(/\s+/g, " ").trim();

function stopReading() {
  window.speechSynthesis?.cancel();
  find("read-to-me")?.removeAttribute("aria-pressed");
}

// --- Awake ---

let awake = null;

async function stayAwake() {
  if (awake || link.isStopped() || !navigator.wakeLock || document.hidden) return;
  try {
    awake = await navigator.wakeLock.request("screen");
    awake.onrelease = () => (awake = null); // hiding the page takes the lock away; the next tap asks again
  } catch {
    awake = null; // low battery, or not allowed here: the screen sleeps as it always did
  }
}

function letSleep() {
  awake?.release();
}

// --- A teacher's orders ---

let pressed = null; // the button just used; Safari 15.0 does not tell a form's submit event
const underway = new Set();
let orderedAt = -1000;

async function order(form, button) {
  const action = form.getAttribute("action");
  const tooSoon = action === orders && clock() - orderedAt < 250; // two touches on a board are one
  if (underway.has(action) || tooSoon) return;
  if (action === orders) orderedAt = clock();
  underway.add(action);
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.append(button.name, button.value);
  const reply = await request(action, { method: "POST", body }); // once: an order is never repeated by itself
  underway.delete(action);
  const isDone = reply?.status === 204;
  const done = form.dataset.said || "";
  say(isDone ? done : reply?.message?.say || "That did not get through. Look at the link light, then press again.");
  if (!reply) link.check();
  if (!isDone) return;
  if (done) setTimeout(() => said(done) && say(""), 6000);
  if (form.matches("[data-clear]")) form.reset();
  if (form.closest(":target")) closeCard();
  for (const field of form.querySelectorAll("input")) field.defaultValue = field.value; // no longer half typed
  link.refresh();
}

/** A card over the classroom screen, such as *Ask the officer*: the page stays, so nobody loses the class. */
function openCard(id, opener) {
  opener.closest("details")?.removeAttribute("open");
  location.replace(`#${id}`);
  find(id).querySelector("input:not([type=hidden])").focus();
}

function closeCard() {
  location.replace("#panel-stage");
}

// --- Keys ---

const KEYS = {
  PageDown: next, ArrowRight: next, n: next, PageUp: back, ArrowLeft: back, p: back,
  ".": calm, b: calm, f: fullScreen, F5: () => phase() === "lobby" && next(),
};
let keyAt = -1000;

function next() {
  // A class is ready by the clicker too, and its last press leads to the finish.
  (find("order-next") || find("order-ready") || find("order-finish"))?.click();
}

function back() {
  find("order-back")?.click();
}

function calm() {
  const buttons = [...document.querySelectorAll("#order-calm, button[value=calm], button[value=pause], button[value=resume]")];
  buttons.find((button) => button.getClientRects().length)?.click();
}

function fullScreen() {
  const page = document.documentElement;
  const [isFull, enter, leave] = page.requestFullscreen
    ? [document.fullscreenElement, () => page.requestFullscreen(), () => document.exitFullscreen()]
    : [document.webkitFullscreenElement, () => page.webkitRequestFullscreen?.(), () => document.webkitExitFullscreen?.()];
  Promise.resolve(isFull ? leave() : enter()).catch(() => {});
}

/** A clicker's keys. F5 is its start key: a reload in mid-lesson would be a shock, Ctrl+R is still there. */
function teacherKey(event) {
  const isSeeking = event.key.startsWith("Arrow") && event.target.closest?.("video");
  const isTyping = isSeeking || event.target.closest?.("input, textarea, select, [contenteditable]");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const press = KEYS[key];
  if (!press || (isTyping && key !== "F5") || (event.shiftKey && key !== ".")) return;
  event.preventDefault();
  if (event.repeat || isTyping || clock() - keyAt < 250) return;
  keyAt = clock();
  press();
}

/** A-H and 1-8, only while the answers have the focus: stray keys do nothing. */
function tileKey(event) {
  const form = event.target.closest?.("#panel-stage form");
  const key = event.key.toUpperCase();
  if (!form || event.repeat || event.shiftKey || !/^[A-H1-8]$/.test(key) || event.target.matches("[type=number]")) return;
  const tileOf = (token) => form.querySelector(`[data-choice="${token}"]:not(:disabled)`);
  const tile = tileOf(key) || tileOf("ABCDEFGH"[Number(key) - 1]);
  tile?.focus();
  tile?.click();
}

function onKey(event) {
  if (!event.key || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape" && location.hash === "#ask") closeCard();
  else if (event.key === "Escape" && location.hash === "#tell") {
    location.replace(find("panel-stage") ? "#panel-stage" : "#");
  } else if (isPupil) tileKey(event);
  else if (audience) teacherKey(event);
}

// --- Small helpers: they listen on the document, so they outlive every swap ---

const TOGGLES = { "[data-big-text]": "big-text", "[data-hide-numbers]": "hide-numbers" };

function toggle(button) {
  for (const [selector, name] of Object.entries(TOGGLES)) {
    if (button.matches(selector)) document.body.classList.toggle(name);
  }
  if (button.matches("[data-full-screen]")) fullScreen();
  showToggles();
}

function showToggles() {
  for (const [selector, name] of Object.entries(TOGGLES)) {
    const isOn = String(document.body.classList.contains(name));
    for (const button of document.querySelectorAll(selector)) button.setAttribute("aria-pressed", isOn);
  }
}

function step(button) {
  const { step: by, for: name } = button.dataset;
  const field = find(name) || document.getElementsByName(name)[0];
  if (!field) return;
  const [least, most] = [field.min || -Infinity, field.max || Infinity].map(Number);
  const from = field.value === "" && find("slide") ? find("slide").value : field.value;
  field.value = Math.min(most, Math.max(least, Number(from) + Number(by)));
  for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
}

function onClick(event) {
  const target = event.target.closest("a, button");
  if (audience) stayAwake();
  pressed = target;
  if (isPupil && event.target.closest("form .places")) tapPlace(event.target.closest("[data-area]"));
  if (!target) return;
  if (target.matches("[data-step]")) {
    event.preventDefault();
    step(target);
  } else if (target.matches("[data-in-place]") && find(target.dataset.inPlace)) {
    event.preventDefault();
    openCard(target.dataset.inPlace, target);
  } else if (target.id === "start") {
    event.preventDefault();
    leaveWelcome();
    focusStage();
  } else if (target.id === "read-to-me") readToMe();
  else if (isPupil && stage()?.contains(target)) tapped(target, event);
  else toggle(target);
}

function tapped(target, event) {
  if (target.matches("button[name=choice]")) {
    event.preventDefault();
    tap(target.value);
  } else if (target.matches(".turn")) tap(target.dataset.choice);
  else if (target.matches("[data-again]")) startAgain();
  else if (target.matches("[data-save]")) {
    event.preventDefault();
    const guess = find("guess").value || find("slide").value;
    if (forms.number.isWhole(guess, stage())) tap(guess);
    else say(`Choose a number from ${find("slide").min} to ${find("slide").max}.`);
  }
}

function tapPlace(area) {
  if (area) tap(area.dataset.area);
  else if (phase() === "open") say("There is nothing to tap just there. Look again, or use the list.");
}

/** Boxes, a slide and a number field tell their news by themselves. */
function onInput(event) {
  const field = event.target;
  if (!isPupil || !stage()?.contains(field)) return;
  if (field.matches("#slide, #guess")) tap(field.value, RESTS);
  else if (event.type === "change" && field.matches("[type=checkbox]")) tap(field.value);
  else if (event.type === "change" && field.name === "sure") chooseSure(field.value);
}

function onSubmit(event) {
  const form = event.target;
  const action = form.getAttribute("action");
  if (action === "/play/leave") outbox.clear();
  if (!audience || isPupil || !(action === orders || form.matches("[data-live]"))) return;
  event.preventDefault();
  const button = event.submitter || (pressed?.form === form ? pressed : null);
  order(form, button);
}

// --- Beginning ---

document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
document.addEventListener("input", onInput);
document.addEventListener("change", onInput);
document.addEventListener("submit", onSubmit);
showToggles();
showReadToMe();
if (window.speechSynthesis) speechSynthesis.onvoiceschanged = showReadToMe; // Chrome learns its voices late

if (audience) {
  for (const panel of document.querySelectorAll(".panel[data-panel]")) {
    shown[panel.dataset.panel] = asWritten(panel.innerHTML);
  }
  if (isPupil) {
    if (!outbox.open()) say("Keep this page open: this device does not remember answers.");
    readOwnChoice();
    readOutbox();
  }
  document.addEventListener("visibilitychange", () => document.hidden || link.check());
  addEventListener("online", link.check);
  addEventListener("pagehide", link.hangUp); // else the page could not be kept for the back button
  addEventListener("pageshow", (event) => event.persisted && link.check());
  here = nameHere();
  link.start();
  stageCame();
}
