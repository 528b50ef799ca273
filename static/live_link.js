// The wire between a page and its run, as docs/protocol.md has it: what leaves, what arrives, and whether it does.
// It draws nothing. Floor as in live.js.

const DIAL = 3000, REPLY = 5000, WAKE_REPLY = 1000, RESEND = 2500, PATIENCE = 10000;
const BEAT = 3000; // a console says so often that it is there, whatever it hears
const CAP = 5000, CAP_POLLING = 15000; // a filter that cuts sockets need not be asked so often
const REFUSED = 1008; // the code that closes a socket after a message that is not of the protocol
const clock = () => performance.now(); // never set back, unlike Date.now()

// --- The outbox: the newest unacknowledged answer of each asking and round ---

export function openOutbox(run) {
  const key = `sia:${run}`;
  let memory = {}; // where the browser keeps nothing
  let keeps = true;

  function read() {
    if (!keeps) return memory;
    try {
      return JSON.parse(localStorage.getItem(key)) || {};
    } catch {
      return {};
    }
  }
  function write(all) {
    memory = all;
    try {
      if (Object.keys(all).length) localStorage.setItem(key, JSON.stringify(all));
      else localStorage.removeItem(key);
    } catch {
      keeps = false;
    }
    return keeps;
  }
  return {
    waiting: () => Object.values(read()),
    put: (answer) => write({ ...read(), [`${answer.asking}/${answer.round}`]: answer }),
    /** The answer with this id, now gone from the outbox; undefined when a newer one has replaced it. */
    take(id) {
      const all = read();
      const name = Object.keys(all).find((each) => all[each].id === id);
      const answer = all[name];
      delete all[name];
      if (answer) write(all);
      return answer;
    },
    clear: () => write({}),
    /** Whether answers outlive this page. What another lesson left behind goes. */
    open() {
      try {
        for (const other of Object.keys(localStorage)) {
          if (other.startsWith("sia:") && other !== key) localStorage.removeItem(other);
        }
        localStorage.setItem(key, localStorage.getItem(key) || "{}");
      } catch {
        keeps = false;
      }
      return keeps && write(read());
    },
  };
}

/** A reply as {status, etag, message}; null for silence, and for whatever a filter says in place of our JSON. */
export async function request(url, { headers, ...options } = {}) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), REPLY);
  try {
    const fixed = { cache: "no-store", redirect: "error", signal: abort.signal };
    const reply = await fetch(url, { ...options, ...fixed, headers: { Accept: "application/json", ...headers } });
    const message = [204, 304].includes(reply.status) ? {} : await reply.json();
    if (message === null || typeof message !== "object") return null;
    return { status: reply.status, etag: reply.headers.get("ETag"), message };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

// --- The link: a websocket, or plain requests where a filter cuts sockets ---

/**
 * `page` is {socket, panels, answers, audience, beats} as its body names them, with `outbox` and three functions:
 * `isOpen()` whether a question is, `hear(message)`, and `tell(state, lostFor)`.
 */
export function openLink(page) {
  const isPupil = page.audience === "pupil";
  let socket = null; // the one socket that counts; an older one has lost its handlers
  let liveSince = 0; // when it first said something; an open socket that says nothing is a filter's
  let heardAt = 0, pingAt = 0, patience = REPLY;
  let beatAt = 0;
  let failures = 0, lostAt = clock();
  let polling = null; // the token of the polling that counts
  let pollWorks = false;
  let newest = {}; // panel -> [epoch, seq], on this connection
  let flushedAt = -RESEND;
  const sentAt = new Map();
  let stopped = true, dialledAt = 0, deadline = 0, redial = 0, nextPoll = 0, nextFlush = 0;

  function hangUp() {
    clearTimeout(deadline);
    clearTimeout(redial);
    // A half-open socket stays "closing" for a minute: forget it rather than wait for its close event.
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    if (liveSince) lostAt = clock();
    socket = null;
    liveSince = pingAt = redial = 0;
  }

  function dial() {
    hangUp();
    if (stopped) return;
    dialledAt = clock();
    deadline = setTimeout(failed, DIAL);
    try {
      const url = new URL(page.socket, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      socket = new WebSocket(url.href);
    } catch {
      failed();
      return;
    }
    socket.onopen = () => {
      clearTimeout(deadline);
      deadline = setTimeout(failed, DIAL); // the first panel has this long again
      sentAt.clear();
      flush();
    };
    socket.onmessage = (event) => {
      const message = read(event.data);
      if (!message) {
        failed();
        return;
      }
      clearTimeout(deadline);
      heardAt = clock();
      pingAt = 0;
      if (!liveSince) {
        liveSince = heardAt;
        newest = {};
        stopPolling();
        flush();
      }
      hear(message);
      tell();
    };
    socket.onclose = (event) => {
      // The server did not understand us: by POST it says what it will never take, and the link is not lost over it.
      if (event.code === REFUSED) page.outbox.waiting().forEach(post);
      failed();
    };
  }

  function failed() {
    // A link that lasted is dialled again at once; one that never lasts is as good as none.
    failures = liveSince && clock() - liveSince > 2000 ? 0 : failures + 1;
    hangUp();
    if (failures >= 2) startPolling();
    const cap = pollWorks ? CAP_POLLING : CAP;
    redial = setTimeout(dial, Math.random() * Math.min(cap, 500 * 2 ** failures));
    tell();
  }

  function read(text) {
    try {
      const message = JSON.parse(text);
      return typeof message.kind === "string" ? message : null;
    } catch {
      return null;
    }
  }

  function hear(message) {
    if (message.kind === "panel") {
      const { panel, epoch = 0, seq = 0, html } = message;
      const [lastEpoch, lastSeq] = newest[panel] || [0, 0];
      if (typeof html !== "string" || epoch < lastEpoch || (epoch === lastEpoch && seq < lastSeq)) return;
      newest[panel] = [epoch, seq];
    }
    if (message.kind === "bye") stop();
    if (message.kind === "pong" && isPupil && hasMissed(message)) dial(); // a new connection is sent everything
    page.hear(message);
  }

  /** The server has sent a newer stage than the one that came. */
  function hasMissed({ epoch = 0, seq = 0 }) {
    const [lastEpoch, lastSeq] = newest.stage || [epoch, seq];
    return epoch > lastEpoch || (epoch === lastEpoch && seq > lastSeq);
  }

  function startPolling() {
    if (polling || stopped) return;
    newest = {};
    polling = { etags: {} };
    poll();
  }

  function stopPolling() {
    clearTimeout(nextPoll);
    polling = null;
    pollWorks = false;
  }

  async function poll() {
    const turn = polling;
    const all = await Promise.all(polledPanels().map((panel) => pollOne(panel, turn)));
    if (polling !== turn) return; // a socket opened meanwhile
    pollWorks = all.every(Boolean);
    if (pollWorks) lostAt = 0;
    else lostAt ||= clock();
    flush();
    tell();
    clearTimeout(nextPoll);
    nextPoll = setTimeout(poll, (pollWorks ? 1250 : 2000) + Math.random() * 500);
  }

  async function pollOne(panel, turn) {
    const headers = turn.etags[panel] && { "If-None-Match": turn.etags[panel] };
    const reply = await request(`${page.panels}/${panel}${isPupil ? "" : `?as=${page.audience}`}`, { headers });
    if (polling !== turn || !reply) return false;
    if (reply.status === 304) return true;
    if (!["panel", "bye"].includes(reply.message.kind)) return false;
    turn.etags[panel] = reply.etag;
    hear(reply.message);
    return true;
  }

  // A pupil's own panel changes only with the pupil's own acts, so a class polls one address.
  function polledPanels() {
    if (isPupil) return ["stage"];
    return [...document.querySelectorAll(".panel[data-panel]")].map((panel) => panel.dataset.panel);
  }

  /** Sends what is due, at most four times a second, however wildly a child taps. */
  function flush() {
    const isOpen = socket?.readyState === WebSocket.OPEN && liveSince; // a silent one swallows answers
    if (stopped || (!isOpen && !pollWorks)) return;
    const wait = flushedAt + 250 - clock();
    if (wait > 0) {
      clearTimeout(nextFlush);
      nextFlush = setTimeout(flush, wait);
      return;
    }
    for (const answer of page.outbox.waiting()) {
      if (clock() - (sentAt.get(answer.id) ?? -RESEND) < RESEND) continue;
      flushedAt = clock();
      sentAt.set(answer.id, flushedAt);
      if (isOpen) socket.send(JSON.stringify(answer));
      else post(answer);
    }
  }

  async function post(answer) {
    const headers = { "Content-Type": "application/json" };
    const reply = await request(page.answers, { method: "POST", headers, body: JSON.stringify(answer) });
    if (!reply || stopped) return;
    // What could not be read has no id in its refusal: it is this one, and must not be sent for ever.
    hear(reply.message.kind === "refused" ? { ...reply.message, id: answer.id } : reply.message);
  }

  function ping(wait) {
    patience = wait;
    pingAt = beatAt = clock();
    if (socket.readyState === WebSocket.OPEN) socket.send('{"kind": "ping"}');
  }

  /** After sleep, a hidden tab or a change of network: is the link still there? */
  function check() {
    if (stopped) return;
    failures = 0;
    if (lostAt) lostAt = clock(); // time asleep is no time without a link
    if (liveSince) ping(WAKE_REPLY);
    else if (!socket || clock() - dialledAt > 500) dial(); // waking fires several events at once
  }

  let tickedAt = Date.now();
  function tick() {
    const gap = Date.now() - tickedAt;
    tickedAt = Date.now();
    if (stopped) return;
    if (Math.abs(gap) > PATIENCE) check(); // the device slept
    const now = clock();
    if (liveSince) {
      if (pingAt && now - pingAt > patience) dial();
      else if (!pingAt && now - heardAt > (page.isOpen() ? 4000 : 15000)) ping(REPLY);
      else if (!pingAt && "beats" in page && now - beatAt > BEAT) ping(REPLY);
    } else {
      if (!socket && !redial) dial();
      if (lostAt && now - lostAt > DIAL) startPolling();
    }
    flush();
    tell();
  }

  function tell() {
    if (stopped) return;
    const lostFor = liveSince || pollWorks ? 0 : clock() - lostAt;
    if (liveSince) page.tell("on", 0);
    else if (pollWorks) page.tell("polling", 0);
    else if (lostFor > 1000) page.tell(lostFor > PATIENCE || navigator.onLine === false ? "off" : "again", lostFor);
  }

  function start() {
    stopped = false;
    failures = 0;
    lostAt = clock();
    dial();
  }

  function stop() {
    stopped = true;
    hangUp();
    stopPolling();
  }

  setInterval(tick, 500);
  return { start, stop, check, flush, hangUp, refresh: () => polling && poll(), isStopped: () => stopped };
}
