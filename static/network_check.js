// Check your room: does this browser, behind this filter, get all that a lesson needs? Nothing is stored or sent on.
// Floor: Safari 15, Chrome 100, Firefox 100.

const box = document.getElementById("check"), verdict = document.getElementById("verdict");
const seconds = Number(box.dataset.seconds), beat = Math.min(5000, (seconds * 1000) / 4);
const DIAL = 5000, ASK = 8000, WRONG_CLOCK = 5 * 60_000;
const SENTENCE = "Hello, class. If you can hear me at the back, put up your hand.";
const wait = (time) => new Promise((done) => setTimeout(done, time));
const find = (id) => document.getElementById(id);

function tell(key, state, words) {
  const row = find(`check-${key}`);
  row.dataset.state = state;
  row.querySelector(".said").textContent = words;
  return state;
}

async function ask(address, patience = ASK) {
  const control = new AbortController(); // Safari 15 has no AbortSignal.timeout
  const timer = setTimeout(() => control.abort(), patience);
  try {
    return await fetch(address, { cache: "no-store", redirect: "error", signal: control.signal });
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Our own answer, not the page that a filter put in its place. */
async function json(address, patience) {
  const reply = await ask(address, patience);
  return reply?.ok ? reply.json().catch(() => null) : null;
}

const checks = {
  async page() {
    const kinds = ["javascript", "css", "svg"];
    const replies = await Promise.all(box.dataset.assets.split(" ").map((address) => ask(address)));
    const whole = replies.every((one, at) => one?.ok && one.headers.get("content-type")?.includes(kinds[at]));
    return whole ? tell("page", "good", "Yes.") : tell("page", "bad", "No. Something on the way holds files back or changes them.");
  },

  /** Held for the whole check, with a word to and fro: a filter may let it open and cut it later. */
  socket() {
    return new Promise((done) => {
      const no = (words) => { end(); done(tell("socket", "slow", words)); };
      const began = Date.now();
      let live = null, heardAt = 0;
      const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/network-check/socket`);
      const end = () => { clearInterval(live); socket.onclose = socket.onerror = socket.onmessage = null; socket.close(); };
      socket.onopen = () => socket.send("hello");
      socket.onmessage = () => { heardAt = Date.now(); };
      socket.onclose = socket.onerror = () => no("Blocked here. Lessons use the slower connection.");
      live = setInterval(() => {
        const silent = Date.now() - (heardAt || began), isOver = Date.now() - began >= seconds * 1000;
        if (silent > Math.max(DIAL, beat * 2) || (isOver && !heardAt)) no("Nothing comes through it. Lessons use the slower connection.");
        else if (isOver) { end(); done(tell("socket", "good", `Yes, for ${Math.round(seconds)} seconds.`)); }
        else if (socket.readyState === 1) socket.send("hello");
      }, beat);
    });
  },

  async poll() {
    const found = await json("/network-check/poll", ASK + Math.min(10, seconds / 2) * 1000);
    return found?.polled ? tell("poll", "good", "Yes.") : tell("poll", "bad", "No.");
  },

  async clock() {
    const asked = Date.now();
    const found = await json("/network-check/now");
    if (!found) return tell("clock", "unknown", "Could not be compared.");
    const off = Math.abs((asked + Date.now()) / 2 - found.now);
    if (off < WRONG_CLOCK) return tell("clock", "good", "Yes.");
    return tell("clock", "slow", `It is wrong by ${Math.round(off / 60_000)} minutes. Set it to the right time, or secure pages may be refused.`);
  },

  screen() {
    const [wide, high] = [window.innerWidth, window.innerHeight];
    const size = `This window is ${wide} by ${high}.`;
    if (wide >= 1024 && high >= 560) return tell("screen", "good", `${size} Good for the big screen and for pupils.`);
    if (wide >= 320) return tell("screen", "good", `${size} Good for a pupil's device. The big screen needs a wider one.`);
    return tell("screen", "slow", `${size} That is very small. Make the window bigger.`);
  },

  async speech() {
    for (let n = 0; n < 10 && !voices().length; n += 1) await wait(200); // they are listed a moment later
    if (voices().length) return tell("speech", "good", "Yes, with a voice of its own.");
    return tell("speech", "unknown", "No voice is installed here. Pupils can ask you to read a question aloud.");
  },
};

/** Voices on the device itself: others would send the words away. */
function voices() {
  const all = window.speechSynthesis?.getVoices() || [];
  return all.filter((voice) => voice.localService && voice.lang.toLowerCase().startsWith("en"));
}

function conclude(found) {
  if (found.page === "bad" || (found.poll === "bad" && found.socket !== "good"))
    return ["stop", "Not ready yet", "Send the text below to your school's IT. Then check again."];
  if (found.clock === "slow") return ["care", "Nearly ready", "Set the clock of this device, then check again."];
  if (found.socket !== "good")
    return ["good", "You are ready", "Your filter blocks the fast connection. Lessons work without it: each device asks for news every second or two, and no answer is lost. To make it faster, send the text below to your school's IT."];
  if (found.screen === "slow") return ["care", "Nearly ready", "Make the window bigger, then check again."];
  return ["good", "You are ready", "Everything that a lesson needs gets through."];
}

async function check() {
  find("again").hidden = true;
  box.hidden = false;
  find("without-script").hidden = true;
  for (const key of Object.keys(checks)) tell(key, "waiting", "Checking");
  const began = Date.now();
  const meter = setInterval(() => find("meter").setAttribute("width", Math.min(100, (Date.now() - began) / (seconds * 10))), 200);
  const keys = Object.keys(checks);
  const states = await Promise.all(keys.map((key) => Promise.resolve().then(checks[key]).catch(() => tell(key, "bad", "No."))));
  clearInterval(meter);
  find("meter").setAttribute("width", 100);
  const [state, head, words] = conclude(Object.fromEntries(keys.map((key, at) => [key, states[at]])));
  verdict.dataset.state = state;
  const big = Object.assign(document.createElement("p"), { className: "big", textContent: head });
  verdict.replaceChildren(big, Object.assign(document.createElement("p"), { textContent: words }));
  find("again").hidden = false;
}

find("say").addEventListener("click", () => {
  const [voice] = voices();
  if (!voice) {
    find("heard").textContent = "No voice is installed here. Play any sound that you know is quiet, and listen at the back.";
    return;
  }
  window.speechSynthesis.cancel();
  window.speechSynthesis.speak(Object.assign(new SpeechSynthesisUtterance(SENTENCE), { voice, lang: voice.lang }));
  find("heard").textContent = `It says: “${SENTENCE}” Nothing to hear? Turn the sound up, and look for a muted speaker.`;
});

find("copy").hidden = false;
find("copy").addEventListener("click", async () => {
  const text = find("it-text");
  text.select();
  const copied = await (navigator.clipboard?.writeText(text.value) || Promise.reject()).then(() => true, () => document.execCommand("copy"));
  find("copied").textContent = copied ? "Copied." : "Press Ctrl and C now to copy it.";
});

find("again").addEventListener("click", check);
check();
