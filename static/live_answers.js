// How each form of question is answered on a pupil's device. It draws and it counts; live.js sends.
//
// A draft is a choice in the making, written as docs/protocol.md has it: "B", "ACD", "CAB", "A3B1", "12".
// Each form has tap(draft, token, here) -> the next draft; isWhole(draft, here); paint(draft, here); and hits(draft,
// safest), how many parts of it are right. `here` is the stage. Floor as in live.js.

export const NOT_SURE = "not_sure";
export const SURE = /\+\d$/;
export const withoutSure = (choice) => choice.replace(SURE, "");

const all = (here, selector) => [...here.querySelectorAll(selector)];
const letters = (here) => all(here, "form [data-choice]").map((one) => one.dataset.choice).filter((one) => one !== NOT_SURE);
const inOrder = (tokens) => [...tokens].sort().join("");

const ORDINALS = ["1st", "2nd", "3rd", "4th", "5th"];

const one = {
  tap: (draft, token) => token,
  isWhole: (draft) => draft !== "",
  paint: () => {},
  hits: (draft, safest) => Number(draft === safest),
};

const some = {
  /** The last one stays: an answer without a tap is none. */
  tap(draft, token) {
    if (!draft.includes(token)) return inOrder(draft + token);
    return draft.length > 1 ? draft.replace(token, "") : draft;
  },
  isWhole: (draft) => draft !== "",
  paint(draft, here) {
    for (const box of all(here, "form input[data-choice]")) {
      box.checked = draft.includes(box.dataset.choice);
      box.parentElement.classList.toggle("chosen", box.checked);
    }
    for (const area of all(here, "form [data-area]")) area.classList.toggle("chosen", draft.includes(area.dataset.area));
  },
  hits: (draft, safest) => [...draft].filter((token) => safest.includes(token)).length,
  hint: (draft, token) => (draft === token ? "Tap another one first, or say that you are not sure." : ""),
};

const order = {
  /** The last one has only one place left: it goes there by itself, and a tap on it leaves it there. */
  tap(draft, token, here) {
    if (order.isWhole(draft, here) && draft.endsWith(token)) return draft;
    const next = draft.includes(token) ? draft.slice(0, draft.indexOf(token)) : draft + token;
    const left = letters(here).filter((letter) => !next.includes(letter));
    return left.length === 1 && next.length > draft.length ? next + left[0] : next;
  },
  isWhole: (draft, here) => draft.length === letters(here).length,
  paint(draft, here) {
    for (const button of all(here, ".turn")) {
      const turn = draft.indexOf(button.dataset.choice);
      mark(button, turn < 0 ? "" : String(turn + 1), turn < 0 ? "not yet" : ORDINALS[turn]);
    }
  },
  hits: (draft, safest) => [...draft].filter((token, place) => safest[place] === token).length,
  hint: (draft, token, here) => (order.isWhole(draft, here) ? "" : `Now tap what comes ${ORDINALS[draft.length]}.`),
};

const split = (draft) => draft.match(/[A-H]\d/g) || [];
let picked = ""; // the first tap of two
const wordsOf = (here, token) => here.querySelector(`.turn[data-choice="${token}"]`)?.dataset.words || "";

const pairs = {
  tap(draft, token, here) {
    const isLetter = (each) => /[A-H]/.test(each);
    if (!picked || isLetter(picked) === isLetter(token)) {
      picked = picked === token ? "" : token;
      return draft;
    }
    const [letter, number] = inOrder(picked + token).split("").reverse();
    picked = "";
    const next = split(draft).filter((pair) => !pair.includes(letter) && !pair.includes(number));
    next.push(letter + number);
    const left = letters(here).filter((each) => !next.join("").includes(each));
    if (left.length === 2) next.push(left.join("")); // only these two are left
    return next.sort().join("");
  },
  isWhole: (draft, here) => draft.length === letters(here).length,
  paint(draft, here) {
    for (const button of all(here, ".turn")) {
      const own = button.dataset.choice;
      const other = split(draft).find((pair) => pair.includes(own))?.replace(own, "") || "";
      mark(button, other, other ? `goes with ${wordsOf(here, other)}` : "not matched yet");
      button.classList.toggle("picked", own === picked);
      if (own === picked) button.setAttribute("aria-pressed", "true");
    }
  },
  hits: (draft, safest) => split(draft).filter((pair) => split(safest).includes(pair)).length,
  hint(draft, token, here) {
    if (picked) return `Now tap what goes with “${wordsOf(here, picked)}”.`;
    return pairs.isWhole(draft, here) ? "" : "Now tap the next two.";
  },
  restart: () => (picked = ""),
};

function mark(button, sign, words) {
  button.querySelector(".nth").textContent = sign;
  button.classList.toggle("placed", sign !== "");
  button.setAttribute("aria-pressed", String(sign !== ""));
  button.setAttribute("aria-label", `${button.dataset.words}: ${words}`);
}

const number = {
  tap: (draft, token) => token,
  /** Nothing typed, or nothing that stands on the scale, is no answer yet. */
  isWhole(draft, here) {
    const { min, max, step } = here.querySelector("#slide") || {};
    const steps = (Number(draft) - Number(min)) / Number(step);
    return /^\d+$/.test(draft) && steps === Math.floor(steps) && steps >= 0 && Number(draft) <= Number(max);
  },
  paint(draft, here) {
    const [typed, slide] = ["#guess", "#slide"].map((selector) => here.querySelector(selector));
    if (!typed) return;
    if (typed.value !== draft) typed.value = draft;
    if (number.isWhole(draft, here)) slide.value = draft;
    typed.parentElement.classList.toggle("placed", draft !== "");
  },
  hits(draft, safest) {
    const [low, high] = safest.split("-").map(Number);
    return Number(low <= Number(draft) && Number(draft) <= high);
  },
  hint: () => "",
};

export const forms = { one, some, areas: some, order, pairs, number };

/** Whether a choice is the safest one; an estimate is right within its range. */
export function isRight(name, choice, safest) {
  return name === "number" ? forms.number.hits(choice, safest) === 1 : choice === safest;
}

/** After the answer is shown: what of it was this pupil's own. */
export function paintOwn(name, choice, here) {
  const has = choice && choice !== NOT_SURE;
  for (const line of all(here, "[data-own]")) line.hidden = !has || !choice.includes(line.dataset.own);
  for (const line of all(here, "[data-own-pair]")) line.hidden = !has || !split(choice).includes(line.dataset.ownPair);
  for (const line of all(here, "[data-own-turn]")) {
    const turn = has ? choice.indexOf(line.dataset.ownTurn) : -1;
    line.hidden = turn < 0;
    const isThere = turn === Number(line.dataset.place);
    line.textContent = turn < 0 ? "" : isThere ? "That is where you put it" : `You put it ${ORDINALS[turn]}`;
  }
  for (const line of all(here, "[data-own-number]")) {
    line.hidden = !has;
    line.querySelector("b").textContent = has ? choice : "";
  }
  const { safest } = here.dataset;
  const hits = has && safest ? forms[name].hits(choice, safest) : 0;
  for (const place of all(here, "[data-hits]")) place.textContent = String(hits);
  for (const line of all(here, "[data-some]")) line.hidden = hits === 0;
}
