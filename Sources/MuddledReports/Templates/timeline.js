"use strict";

// Makes an element: its classes, and what is in it; text never becomes markup.
function make(tag, classes, ...content) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...content.filter((part) => part !== null));
  return element;
}

// What a screen reader says beside what is seen.
const spoken = (text) => make("span", "hidden", text);

const plural = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

// One result, as the elements that show it.
function resultParts([kind, ...rest]) {
  if (kind === "cancelled") return [make("p", "", "cancelled by muddled")];
  if (kind === "ok") return [make("p", "", `${rest[0]} changed`)];
  if (kind === "error") return [make("p", "", make("strong", "", `error ${rest[0]} (${rest[1]})`), ` ${rest[2]}`)];
  const [columns, rows, count] = rest;
  if (!rows.length) return [make("p", "", `${plural(count, "row")}${count ? ", not kept" : ""}`)];
  const table = make("table", "rows",
    make("thead", "", make("tr", "", ...columns.map((name) => Object.assign(make("th", "", name), { scope: "col" })))),
    make("tbody", "", ...rows.map((row) => make("tr", "", ...row.map((value) =>
      value === null ? make("td", "null", "NULL") : make("td", "", value))))));
  return rows.length < count ? [table, make("p", "", `and ${plural(count - rows.length, "more row")}`)] : [table];
}

// The results of a step or a query in a box.
function resultBox(results, isNew) {
  const isError = results.some(([kind]) => kind === "error" || kind === "cancelled");
  return make("div", `result${isError ? " error" : ""}${isNew ? " new" : ""}`,
    isNew ? spoken("differs from the most frequent outcome: ") : null,
    ...(results.length ? results.flatMap(resultParts) : [make("p", "", "nothing")]));
}

// The time line of a witness: a column for each client, and two rows of the grid for each dispatch. The first holds
// the statement, the second its result; a wait spans the rows until the dispatch that ended it.
function timeline(data, steps, isNew) {
  const top = (index) => 2 + 2 * index;
  const column = (client) => client + 2;
  const grid = make("div", "grid");
  grid.style.setProperty("--lanes", data.clients.length);
  data.clients.forEach((name, client) => {
    const lane = make("div", "lane", name);
    const life = make("div", "life");
    for (const element of [lane, life]) {
      element.style.setProperty("--client", `var(--client-${client % 6})`);
      element.style.gridColumn = column(client);
      element.setAttribute("aria-hidden", "true");
    }
    life.style.gridRow = `2 / ${top(steps.length)}`;
    grid.append(life, lane);
  });
  const list = make("ol");
  list.setAttribute("role", "list");
  steps.forEach((step, index) => list.append(stepItem(data, steps, step, index, top, column, isNew(step))));
  grid.append(list);
  const frame = make("div", "timeline", grid);
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", "Time line of the witness");
  frame.tabIndex = 0;
  return frame;
}

function stepItem(data, steps, step, index, top, column, isNew) {
  const item = make("li");
  item.setAttribute("role", "listitem");
  const place = (element, from, to) => {
    element.style.gridColumn = column(step.client);
    element.style.gridRow = `${from} / ${to}`;
    element.style.setProperty("--client", `var(--client-${step.client % 6})`);
    item.append(element);
  };
  const turn = make("span", "turn", String(index + 1));
  turn.setAttribute("aria-hidden", "true");
  turn.style.gridColumn = 1;
  turn.style.gridRow = top(index);
  item.append(turn);
  const box = make("div", step.wait ? "box waiting" : "box", make("div", "",
    spoken(`${index + 1}: client ${data.clients[step.client]}, step `), make("span", "step", step.name),
    make("span", "sql", step.sql)));
  place(box, top(index), step.wait ? top(index) + 1 : top(index) + 2);
  if (!step.wait) {
    box.append(resultBox(step.results, isNew));
    return item;
  }
  const result = resultBox(step.results, isNew);
  const last = steps[step.wait.until];
  if (step.wait.until > index) result.prepend(make("p", "then", `after ${last.name} of ${data.clients[last.client]}:`));
  const wait = make("div", "wait", make("div", "hatch", make("span", "", waitText(data, step.wait))), result);
  wait.style.setProperty("--holders", step.wait.holders.length);
  place(wait, top(index) + 1, top(step.wait.until) + 2);
  step.wait.holders.forEach((holder, order) => item.append(arrow(steps, step.client, index, holder, order, top, column)));
  return item;
}

function waitText(data, wait) {
  const names = wait.holders.map((client) => data.clients[client])
    .concat(wait.outsiders.map((connection) => `connection ${connection}`));
  const text = wait.isAssumed ? "is assumed to wait" : "waits";
  return names.length ? `${text} for ${names.join(", ")}` : `${text} for a lock`;
}

// From a wait to the lane of whom it is for. The cells between are free in this row: only one client is dispatched in
// it, and those that wait already are only crossed.
function arrow(steps, client, index, holder, order, top, column) {
  const line = make("span", holder < client ? "arrow left" : "arrow right");
  line.setAttribute("aria-hidden", "true");
  const [from, to] = holder < client ? [holder, client] : [client + 1, holder + 1];
  line.style.gridColumn = `${column(from)} / ${column(to)}`;
  line.style.gridRow = top(index) + 1;
  line.style.setProperty("--place", order);
  const isWaiting = steps.some((other, place) => other.client === holder && other.wait && place < index && other.wait.until >= index);
  if (!isWaiting) {
    // To the middle of the holder's lane, which is the first or last of those spanned.
    const lanes = to - from;
    line.style[holder < client ? "marginLeft" : "marginRight"] = `calc((100% - ${lanes - 1} * var(--gap)) / ${2 * lanes})`;
  }
  return line;
}
