"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const chunk = 100;
const byId = (id) => document.getElementById(id);
const [list, more, shown, find] = ["outcomes", "more", "shown", "find"].map(byId);
const pressed = new Set();
let matching = [];
let drawn = 0;

const resultsAt = (index) => data.results[index];

// The steps of an outcome's witness, in the sequence in which they were dispatched.
function stepsOf(outcome) {
  const steps = [];
  for (let place = 0; place < outcome.steps.length; place += 2) {
    const [client, name, sql] = data.steps[outcome.steps[place]];
    steps.push({ client, name, sql, step: outcome.steps[place], result: outcome.steps[place + 1], results: resultsAt(outcome.steps[place + 1]) });
  }
  for (const [place, until, holders, outsiders, isAssumed] of outcome.waits) {
    steps[place].wait = { until, holders, outsiders, isAssumed: isAssumed === 1 };
  }
  return steps;
}

// What each step of the most frequent outcome gave, to see what differs.
const usual = new Map();
if (data.outcomes.length) {
  const first = data.outcomes[0];
  for (let place = 0; place < first.steps.length; place += 2) usual.set(first.steps[place], first.steps[place + 1]);
}
const isUsual = (outcome) => outcome === data.outcomes[0];

function shortText([kind, ...rest]) {
  if (kind === "ok") return `${rest[0]} changed`;
  if (kind === "error") return `error ${rest[0]}`;
  if (kind === "cancelled") return kind;
  const [, rows, count] = rest;
  if (!rows.length) return `${count} rows`;
  return rows.map((row) => `(${row.map((value) => value ?? "NULL").join(", ")})`).join(" ");
}

const resultText = (index) => resultsAt(index).map(shortText).join(", ") || "nothing";

// What an outcome gave that the most frequent one did not, client by client; of that one, its final state.
function difference(outcome) {
  outcome.text ??= (() => {
    const parts = [];
    if (!isUsual(outcome)) {
      const steps = stepsOf(outcome).filter((step) => usual.get(step.step) !== step.result);
      steps.sort((one, other) => one.client - other.client);
      parts.push(...steps.map((step) => `${step.name}: ${resultText(step.result)}`));
    }
    outcome.checks.forEach((result, place) => {
      if (isUsual(outcome) || data.outcomes[0].checks[place] !== result) parts.push(`final: ${resultText(result)}`);
    });
    return parts.join("; ") || "the most frequent outcome";
  })();
  return outcome.text;
}

const percent = (orders) => `${(100 * orders / Math.max(1, data.ordersRun)).toFixed(1)} %`;
// The marks in the sequence of the filters, and how each looks.
const severity = { "assertion fails": "bad", deadlock: "bad", error: "bad", "lock-wait time-out": "bad", cancelled: "warn", deferred: "", "assumed wait": "warn" };

function row(outcome) {
  const item = make("li", "outcome");
  const button = make("button", "row");
  const detail = make("div", "detail");
  const bar = make("span");
  const amount = make("span", "amount", spoken(", "), `${plural(outcome.orders, "order")} · ${percent(outcome.orders)}`, make("span", "bar", bar));
  bar.style.width = `${100 * outcome.orders / data.outcomes[0].orders}%`;
  const marks = outcome.marks.map((index) => make("span", `mark ${severity[data.marks[index]] ?? ""}`, spoken(", "), data.marks[index]));
  button.type = "button";
  button.append(make("span", "id", spoken("Outcome "), outcome.id),
    make("span", "what", make("span", "differs", spoken(", "), difference(outcome)), make("span", "marks", ...marks)), amount);
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", `detail-${outcome.id}`);
  button.id = `outcome-${outcome.id}`;
  detail.id = `detail-${outcome.id}`;
  detail.setAttribute("role", "region");
  detail.setAttribute("aria-labelledby", button.id);
  detail.hidden = true;
  button.addEventListener("click", () => {
    detail.hidden = !detail.hidden;
    button.setAttribute("aria-expanded", String(!detail.hidden));
    if (!detail.hidden && !detail.childElementCount) fill(detail, outcome);
  });
  item.append(make("h3", "", button), detail);
  return item;
}

function fill(detail, outcome) {
  const steps = stepsOf(outcome);
  const wasWaiting = steps.some((step) => step.wait);
  const isNew = (step) => !isUsual(outcome) && usual.get(step.step) !== step.result;
  detail.append(replayLine(outcome), make("p", "witness", witnessText(outcome, steps)), timeline(data, steps, isNew));
  if (outcome.checks.length) {
    const queries = outcome.checks.map((result, place) => make("div", "", make("code", "", data.checks[place] ?? ""),
      resultBox(resultsAt(result), !isUsual(outcome) && data.outcomes[0].checks[place] !== result)));
    detail.append(make("h4", "", "Final state"), make("div", "final", ...queries));
  }
  const legend = make("p", "legend");
  if (wasWaiting) legend.append(make("span", "", make("i", "hatched"), "waits for a lock; the arrow leads to whom it waits for"));
  if (!isUsual(outcome)) legend.append(make("span", "", make("i", "ringed"), "differs from the most frequent outcome"));
  if (legend.childElementCount) detail.append(legend);
}

function witnessText(outcome, steps) {
  const ran = steps.map((step) => step.name).join(" ");
  if (!outcome.written) return `Witness: ${ran}`;
  const written = outcome.written.map((index) => data.steps[index][1]).join(" ");
  return `Witness, as written: ${written}. It could not run so, as a client still waited; it ran: ${ran}`;
}

function replayLine(outcome) {
  const command = make("code", "", data.replay.replace("TOKEN", () => outcome.token));
  const copy = make("button", "copy", "Copy");
  const note = make("span", "hidden");
  note.setAttribute("role", "status");
  copy.type = "button";
  copy.setAttribute("aria-label", "Copy the command that replays this order");
  copy.addEventListener("click", async () => {
    getSelection().selectAllChildren(command);
    try {
      await navigator.clipboard.writeText(command.textContent);
      copy.textContent = note.textContent = "Copied";
    } catch {
      copy.textContent = note.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    }
    setTimeout(() => { copy.textContent = "Copy"; note.textContent = ""; }, 2000);
  });
  return make("div", "replay", command, copy, note);
}

function drawMore() {
  const next = matching.slice(drawn, drawn + chunk);
  list.append(...next.map(row));
  drawn += next.length;
  const left = matching.length - drawn;
  more.hidden = left === 0;
  more.textContent = `Show ${Math.min(chunk, left)} more of ${left}`;
}

function refresh() {
  const words = find.value.trim().toLowerCase();
  matching = data.outcomes.filter((outcome) =>
    [...pressed].every((mark) => outcome.marks.includes(mark))
    && (!words || [outcome.id, outcome.token, difference(outcome)].some((text) => text.toLowerCase().includes(words))));
  list.replaceChildren();
  drawn = 0;
  drawMore();
  shown.textContent = matching.length === data.outcomes.length ? plural(matching.length, "outcome") + ", the most frequent first"
    : `${matching.length} of ${plural(data.outcomes.length, "outcome")}`;
}

function addFilters() {
  Object.keys(severity).forEach((mark) => {
    const index = data.marks.indexOf(mark);
    const count = data.outcomes.filter((outcome) => outcome.marks.includes(index)).length;
    if (!count) return;
    const button = make("button", "", `${mark} (${count})`);
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      if (!pressed.delete(index)) pressed.add(index);
      button.setAttribute("aria-pressed", String(pressed.has(index)));
      refresh();
    });
    byId("filters").append(button);
  });
}

addFilters();
byId("tools").hidden = data.outcomes.length < 2;
find.addEventListener("input", refresh);
more.addEventListener("click", () => {
  const before = list.childElementCount;
  drawMore();
  list.children[before]?.querySelector("button").focus();
});
refresh();
// A link to an outcome opens it; a page of one outcome needs no opening.
const linked = data.outcomes.length === 1 ? `outcome-${data.outcomes[0].id}` : location.hash.slice(1);
if (linked.startsWith("outcome-")) {
  const place = matching.findIndex((outcome) => linked === `outcome-${outcome.id}`);
  while (place >= drawn && drawn < matching.length) drawMore();
  byId(linked)?.click();
  if (location.hash) byId(linked)?.scrollIntoView();
}
