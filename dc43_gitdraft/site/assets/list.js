"use strict";
// A table of many rows in pages: filtered, sorted, and kept in the address. The rows are data in
// the page; each cell is a text, a number, null, or a text with an address. All of them are set as
// text, and never as HTML.
(() => {
  const data = document.getElementById("rows");
  if (!data) return;  // Without rows, the list is a sentence.
  const told = JSON.parse(data.textContent);
  const { rows, size, chips, filter } = told;
  const table = document.querySelector("table.cards");
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  const find = document.querySelector("input[type=search]");
  const choose = document.querySelector(".filter select");
  const count = document.querySelector(".count");
  const pages = document.querySelector(".pages");
  const [back, on] = pages.querySelectorAll("button");
  const place = pages.querySelector("span");
  const state = { q: "", only: "", sort: "", page: 1 };
  const SAFE = /^(?:c\/[a-z0-9_][a-z0-9_.-]*\.html|https?:\/\/.+)$/;
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const textOf = (cell) => String((Array.isArray(cell) ? cell[0] : cell) ?? "");
  let words = null;

  function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    state.q = given.get("q") || "";
    state.only = given.get("only") || "";
    state.sort = /^-?\d+$/.test(given.get("sort") || "") ? given.get("sort") : "";
    state.page = Math.max(1, parseInt(given.get("page"), 10) || 1);
    find.value = state.q;
    if (choose) choose.value = state.only;
  }

  function writeAddress() {
    const said = new URLSearchParams();
    for (const key of ["q", "only", "sort"]) if (state[key]) said.set(key, state[key]);
    if (state.page > 1) said.set("page", String(state.page));
    const hash = said.toString();
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  }

  function matching() {
    let found = rows.map((_, at) => at);
    if (choose && state.only) found = found.filter((at) => textOf(rows[at][filter]) === state.only);
    const wanted = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    if (wanted.length) {
      words = words || rows.map((row) => row.map(textOf).join("\n").toLowerCase());
      found = found.filter((at) => wanted.every((word) => words[at].includes(word)));
    }
    if (state.sort) {
      const down = state.sort.startsWith("-");
      const column = Math.abs(parseInt(state.sort, 10)) - 1;
      const key = (at) => textOf(rows[at][column]);
      found.sort((one, other) => {
        const [a, b] = [key(one), key(other)];
        if (!a !== !b) return a ? -1 : 1;  // What is empty comes last, either way.
        return (down ? order.compare(b, a) : order.compare(a, b)) || one - other;
      });
    }
    return found;
  }

  function cellOf(value, column) {
    const head = heads[column];
    const cell = document.createElement(column ? "td" : "th");
    if (!column) cell.scope = "row";
    cell.dataset.label = head.textContent.trim();
    if ("short" in head.dataset) cell.className = "short";
    const said = textOf(value);
    if (!said) return document.createElement("td");
    let inner = document.createElement("span");
    if (Array.isArray(value) && SAFE.test(value[1])) {
      inner = document.createElement("a");
      inner.href = value[1];
      inner.rel = "noreferrer";
    } else if ("chip" in head.dataset) {
      inner.className = "chip " + (chips[said] || "plain");
    }
    inner.textContent = said;
    cell.append(inner);
    return cell;
  }

  function show() {
    const found = matching();
    const last = Math.max(1, Math.ceil(found.length / size));
    state.page = Math.min(state.page, last);
    const start = (state.page - 1) * size;
    const shown = found.slice(start, start + size);
    body.replaceChildren(...shown.map((at) => {
      const line = document.createElement("tr");
      line.append(...rows[at].map(cellOf));
      return line;
    }));
    const of = found.length === rows.length ? "" : " of " + rows.length.toLocaleString("en");
    count.textContent = found.length
      ? `${(start + 1).toLocaleString("en")} to ${(start + shown.length).toLocaleString("en")} ` +
        `of ${found.length.toLocaleString("en")}${of ? " found" + of : ""}`
      : `Nothing found${of}`;
    place.textContent = `Page ${state.page} of ${last.toLocaleString("en")}`;
    pages.hidden = last === 1;
    back.disabled = state.page === 1;
    on.disabled = state.page === last;
    heads.forEach((head, column) => {
      const way = { [column + 1]: "ascending", [-column - 1]: "descending" }[state.sort];
      head.setAttribute("aria-sort", way || "none");
    });
    writeAddress();
  }

  function change(values) {
    Object.assign(state, { page: 1 }, values);
    show();
  }

  find.form.addEventListener("submit", (event) => event.preventDefault());
  find.addEventListener("input", () => change({ q: find.value }));
  if (choose) choose.addEventListener("change", () => change({ only: choose.value }));
  back.addEventListener("click", () => change({ page: state.page - 1 }));
  on.addEventListener("click", () => change({ page: state.page + 1 }));
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const up = String(column + 1);
      change({ sort: state.sort === up ? "-" + up : up });
    });
  });
  window.addEventListener("hashchange", () => {
    // The link to the content is in the address for a moment, and says nothing of the rows.
    if (location.hash !== "#content") readAddress();
    show();
  });
  document.addEventListener("keydown", (event) => {
    const busy = /^(?:INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !busy && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      find.focus();
    }
  });
  document.documentElement.classList.add("active");
  readAddress();
  show();
})();
