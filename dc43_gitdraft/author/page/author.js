// The steps around the editor. The server keeps the work: what is typed is sent there at once, so
// that a page that is loaded again goes on where it was. The address names the work and the step.

const STEPS = ["begin", "write", "review", "proposed"];
const SHOWN = 50;
const WAIT = 300; // milliseconds after the last key

const $ = (id) => document.getElementById(id);
const state = { contracts: null, work: null, look: null, editor: null, sent: 0, kept: null, outcome: null, shown: null };
let timer = 0;
let looking = Promise.resolve();

// -- asking the server ---------------------------------------------------------------------------

class Refused extends Error {
  constructor(status, said) {
    super(said.error || `the server answered ${status}`);
    this.status = status;
    this.places = said.places;
  }
}

async function ask(method, path, body, keepalive = false) {
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      keepalive,
      headers: {
        "X-Gitdraft-Key": localStorage.getItem("gitdraft-key") || "",
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Refused(0, { error: "the program does not answer: is it still running?" });
  }
  const said = await response.json();
  if (!response.ok) throw new Refused(response.status, said);
  return said;
}

function fail(error) {
  if (!(error instanceof Refused)) console.error(error);
  $("error").textContent = error.message;
  $("error").hidden = false;
  $("error").scrollIntoView({ block: "nearest" });
}

// Runs what a button does, once at a time, and tells how it failed.
async function act(work, ...buttons) {
  $("error").hidden = true;
  for (const button of buttons) button.disabled = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    fail(error);
  } finally {
    document.body.removeAttribute("aria-busy");
    for (const button of buttons) button.disabled = false;
  }
}

// -- making nodes: whatever comes from contracts is text, never markup ----------------------------

function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

// -- steps ---------------------------------------------------------------------------------------

// The address names work and step in its query; what follows `#` is the editor's own.
function place() {
  const asked = new URLSearchParams(location.search);
  const step = asked.get("step");
  return { id: asked.get("work"), step: STEPS.includes(step) ? step : "begin" };
}

function go(step, replacing = false) {
  const asked = new URLSearchParams({ step });
  if (state.work) asked.set("work", state.work.id);
  const address = `/?${asked}${location.hash}`;
  if (replacing) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  return show().catch(fail);
}

async function show() {
  settle();
  const { id, step } = place();
  if (step !== "begin" && (!state.work || state.work.id !== id)) {
    try {
      take(await ask("GET", `works/${encodeURIComponent(id)}`));
      restore();
    } catch (error) {
      await go("begin", true);
      fail(error);
      return;
    }
  }
  if (step === "proposed" && !state.outcome) {
    await go("write", true);
    return;
  }
  state.shown = location.search;
  $("error").hidden = true;
  for (const each of STEPS) $(each).hidden = each !== step;
  for (const button of document.querySelectorAll("#steps button")) {
    const own = button.dataset.step;
    if (own === step) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
    button.disabled =
      (own !== "begin" && !state.work) || (own === "proposed" && !state.outcome);
  }
  if (!$("who").textContent) await header();
  if (step === "begin") begin();
  if (step === "write") await write();
  if (step === "review") await review();
  document.title = `${$(`${step}-title`).textContent} – dc43-gitdraft`;
  $(`${step}-title`).focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function take(work) {
  state.work = work;
  state.sent = work.revision;
  state.kept = work.text;
  state.look = null;
  $("told").textContent = work.told;
  $("write-title").textContent = work.contract;
  $("reason").value = work.reason;
  $("notes").replaceChildren(...work.notes.map((note) => node("li", {}, note)));
  $("notes").hidden = work.notes.length === 0;
  if (state.editor) state.editor.setYaml(work.text);
}

// -- 1: begin ------------------------------------------------------------------------------------

async function header() {
  const said = await ask("GET", "state");
  $("where").textContent = `${said.repository}, ${said.base}`;
  $("who").textContent = `as ${said.author} <${said.address}>`;
  for (const name of ["contract", "source"]) {
    if (said.offered[name] && !$(name).value) $(name).value = said.offered[name];
  }
}

// The list may take a while: nobody has to wait for it who knows the id.
function begin() {
  list();
  ask("GET", "contracts")
    .then((found) => {
      state.contracts = found;
      list();
    })
    .catch(fail);
}

function list() {
  const typed = $("contract").value.trim();
  const contracts = state.contracts ?? [];
  const fits = contracts.filter((each) => each.id.toLowerCase().includes(typed.toLowerCase()));
  $("contracts").replaceChildren(
    ...fits.slice(0, SHOWN).map((each) => {
      const told = node("span", {}, each.draft ? `a draft is open: #${each.draft}` : "");
      const button = node("button", { type: "button" }, node("b", {}, each.id), told);
      button.addEventListener("click", () => {
        $("contract").value = each.id;
        list();
        $("contract").focus();
      });
      return node("li", {}, button);
    }),
  );
  const known = contracts.some((each) => each.id === typed);
  const more = fits.length > SHOWN ? ` ${fits.length - SHOWN} more: type to find them.` : "";
  $("contract-hint").textContent = !state.contracts
    ? "Looking which contracts there are…"
    : known
      ? "This contract exists: you write its next version."
      : typed
        ? `A new contract.${more}`
        : `Choose one, or type the id of a new one.${more}`;
}

$("contract").addEventListener("input", list);
$("begin-form").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    const given = { contract: $("contract").value, source: $("source").value };
    take(await ask("POST", "works", given));
    state.outcome = null;
    go("write");
  }, event.submitter ?? $("begin-form").querySelector("button.main"));
});

// -- 2: write ------------------------------------------------------------------------------------

async function write() {
  if (!state.editor) {
    const styles = node("link", { rel: "stylesheet", href: "/editor/datacontract-editor.css" });
    document.head.prepend(styles);
    const { init } = await import("/editor/datacontract-editor.es.js");
    state.editor = init({
      container: "#editor",
      mode: "EMBEDDED",
      persistence: "none",
      initialView: "form",
      locale: "en",
      yaml: state.work.text,
      showDelete: false,
      saveLabel: "Review",
      onSave: () => { go("review"); return false; },
      onCancel: () => go("begin"),
      tests: { enabled: false },
      ai: { enabled: false },
      odcsVersions: [
        { version: "v3.2.0", schema: "/schema/3.2.json", default: true },
        { version: "v3.1.0", schema: "/schema/3.1.json" },
        { version: "v3.0.2", schema: "/schema/3.0.json" },
      ],
    });
    // Beside ours there is room for its own preview on large screens only.
    const store = state.editor.getStore().getState();
    if (store.isPreviewVisible && $("editor").clientWidth < 1100) store.togglePreview();
    state.editor.subscribe(() => {
      if (state.work && state.editor.getYaml() !== state.work.text) typed();
    });
  }
  if (!state.look) await look();
}

// The editor's fields hold back for a moment what is typed, until they are left.
function settle() {
  const held = document.activeElement;
  if (!state.editor || !held?.closest("#editor")) return;
  for (const name of ["blur", "focusout"]) {
    held.dispatchEvent(new FocusEvent(name, { bubbles: name === "focusout" }));
  }
}

// What the page held when it went away and the server has not kept: typed a moment before, or
// while another page was ahead. It is of this tab alone.
let left = null;
try {
  left = JSON.parse(sessionStorage.getItem("gitdraft-left"));
  sessionStorage.removeItem("gitdraft-left");
} catch { /* nothing is left */ }

function restore() {
  if (left?.work === state.work.id) {
    state.work.text = left.text;
    state.work.basis = left.basis;
    if (state.editor) state.editor.setYaml(left.text);
  }
  left = null;
}

function leave() {
  const { work } = state;
  try {
    if (!work || work.text === state.kept) sessionStorage.removeItem("gitdraft-left");
    else {
      const given = { work: work.id, basis: work.basis, text: work.text };
      sessionStorage.setItem("gitdraft-left", JSON.stringify(given));
    }
  } catch { /* it is larger than a browser keeps */ }
}

function typed() {
  state.work.text = state.editor.getYaml();
  state.look = null;
  state.outcome = null;
  unknown();
  clearTimeout(timer);
  timer = setTimeout(look, WAIT);
}

function look() {
  clearTimeout(timer);
  // One after the other, so that the last answer is of the last text.
  looking = looking.then(async () => {
    const { work } = state;
    const { text, basis } = work;
    try {
      const said = await ask("PUT", `works/${work.id}`, { text, basis, revision: ++state.sent });
      if (state.work === work && said.kept) state.kept = text;
      // Where somebody typed meanwhile, the next look tells.
      if (state.work !== work || work.text !== text) return;
      state.look = said;
      tell();
    } catch (error) {
      fail(error);
    }
  });
  return looking;
}

const KINDS = { ok: "good", warn: "care", block: "bad" };

function summary(said) {
  const count = said.problems.length;
  if (count) return `${count} ${count === 1 ? "problem" : "problems"}: ${said.problems[0].message}`;
  if (!said.version) return `${said.words}.`;
  const step = said.approved ? `${said.approved} → ${said.version} (${said.step})` : said.version;
  return `${said.words}. Version ${step}.`;
}

function told(said) {
  const parts = [];
  if (said.stale) {
    parts.push(node("p", { class: "g-verdict care" },
      "Another page proposed this contract meanwhile: what it changed is kept where you propose."));
  }
  if (said.problems.length) {
    parts.push(node("p", { class: "g-verdict bad" }, "This is no valid contract yet."));
    parts.push(
      node("ul", { class: "g-found" }, ...said.problems.map((each) =>
        node("li", {}, node("span", { class: "g-level error" }, each.line ? `line ${each.line} ` : ""), each.message))),
    );
  }
  if (said.words) {
    parts.push(node("p", { class: `g-verdict ${KINDS[said.verdict] || ""}` }, `${said.words}.`));
  }
  if (said.version) {
    const from = said.approved ? `${said.approved} → ` : "";
    parts.push(node("p", {}, `Version ${from}${said.version}${said.approved ? ` (${said.step})` : ""}`));
    if (said.small) {
      parts.push(node("p", { class: "g-verdict care" },
        `These changes ask for a ${said.implied} step of the version.`));
    }
    const rows = said.changes.map((each) =>
      node("li", {}, node("span", { class: `g-level ${each.level}` }, `${each.level} `), each.text));
    if (said.more) rows.push(node("li", {}, `… and ${said.more} more`));
    if (!rows.length) rows.push(node("li", {}, "No change that a rule tells."));
    parts.push(node("ul", { class: "g-found" }, ...rows));
  }
  return parts;
}

function unknown() {
  $("summary").textContent = $("review-summary").textContent = "…";
  $("propose").disabled = true;
}

// Tells what was found, on whichever step it is read.
function tell() {
  const said = state.look;
  $("live").replaceChildren(...told(said));
  $("summary").textContent = summary(said);
  $("reviewed").replaceChildren(node("div", { class: "g-summary-box" }, ...told(said)));
  $("review-summary").textContent = said.ready
    ? "Proposing opens or updates a pull request; a steward decides."
    : summary(said);
  $("propose").disabled = !said.ready;
  $("diff").replaceChildren(...said.diff.split("\n").map((line) => {
    const kind = line.startsWith("+") ? "ins" : line.startsWith("-") ? "del" : "span";
    return node(kind, {}, `${line}\n`);
  }));
}

// -- 3: review -----------------------------------------------------------------------------------

async function review() {
  $("disputed").hidden = true;
  if (state.look) return;
  unknown();
  $("reviewed").replaceChildren();
  $("diff").replaceChildren();
  await look();
}

$("propose").addEventListener("click", () => {
  act(async () => {
    const { work } = state;
    try {
      const given = { text: work.text, basis: work.basis, reason: $("reason").value };
      const said = await ask("POST", `works/${work.id}/proposal`, given);
      state.outcome = said;
      proposed(said);
      take(said.work);
      go("proposed");
    } catch (error) {
      if (!error.places) throw error;
      $("disputed-text").textContent = `${error.message}:`;
      $("places").replaceChildren(...error.places.map((each) => node("li", {}, node("code", {}, each))));
      $("disputed").hidden = false;
      $("take-over").focus();
    }
  }, $("propose"));
});

$("take-over").addEventListener("click", () => {
  act(async () => {
    const { id, text, basis } = state.work;
    take(await ask("POST", `works/${id}/take-over`, { text, basis }));
    go("write");
  }, $("take-over"));
});

// -- 4: proposed ---------------------------------------------------------------------------------

const OUTCOMES = {
  created: ["Proposed", "A pull request was opened."],
  updated: ["Proposed", "The open pull request was updated."],
  unchanged: ["Proposed already", "The open pull request says this already."],
  "no-drift": ["Nothing to propose", ""],
  rejected: ["Rejected before", "A steward closed this very change; the same is not proposed again."],
};

function proposed(said) {
  const [title, text] = OUTCOMES[said.outcome] || [said.outcome, ""];
  $("proposed-title").textContent = title;
  const parts = [];
  if (text) parts.push(node("p", {}, text));
  if (said.pull) {
    const name = `#${said.pull.number} ${said.pull.title}`;
    const link = /^https?:/.test(said.pull.url) ? node("a", { href: said.pull.url, rel: "noreferrer" }, name) : name;
    parts.push(node("p", {}, link));
    if (typeof link === "string") {
      parts.push(node("p", {}, "A steward reads it with ", node("code", {}, `dc43-gitdraft pulls show ${said.pull.number}`), "."));
    }
  }
  if (said.reason) parts.push(node("p", { class: "g-box" }, said.reason));
  $("outcome").replaceChildren(...parts);
}

// -- everything ----------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("button[data-step]");
  if (button) go(button.dataset.step);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const { step } = place();
  const button = { write: $("to-review"), review: $("propose") }[step];
  if (!button || button.disabled) return;
  event.preventDefault();
  event.stopPropagation();
  button.click();
}, true);
// What was typed a moment ago is not lost where the page goes away.
window.addEventListener("pagehide", () => {
  settle();
  leave();
  if (!state.work || state.look || !state.editor) return;
  const { id, text, basis } = state.work;
  ask("PUT", `works/${id}`, { text, basis, revision: ++state.sent }, text.length < 60000).catch(() => {});
});
// The editor's own steps back and forth come by here, too.
window.addEventListener("popstate", () => {
  if (location.search !== state.shown) show().catch(fail);
});

// The editor would load a contract out of `?data=`: nothing of the address but the step counts.
if (new URLSearchParams(location.search).has("data")) history.replaceState(null, "", "/");
show().catch(fail);
