"use strict";
(() => {
  const FIRST = 300;
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells].slice(0, -1);
  const form = document.getElementById("filters");
  const fields = form.elements;
  const status = document.getElementById("status");
  const more = document.getElementById("more");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const count = (n) => n.toLocaleString("en") + (n === 1 ? " account" : " accounts");

  // Upper and lower case, accents: a search finds Müller as muller.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  const all = [...body.rows].map((row) => ({
    row,
    surface: row.dataset.s,
    person: row.dataset.p,
    findings: row.dataset.f ? row.dataset.f.split(" ") : [],
    keys: [],
  }));
  let shown = all;
  let room = FIRST;
  let sorted = { column: 0, down: false };

  const key = (entry, column) => {
    entry.keys[column] ??= entry.row.cells[column].dataset.v ?? entry.row.cells[column].textContent;
    return entry.keys[column];
  };

  const fits = () => {
    const words = plain(fields.search.value).split(/\s+/).filter(Boolean);
    const surface = fields.surface.value;
    const finding = fields.finding.value;
    return (entry) => {
      if (surface && entry.surface !== surface) return false;
      if (finding && !entry.findings.includes(finding)) return false;
      if (fields.enabled.checked && !("e" in entry.row.dataset)) return false;
      if (fields.admin.checked && !("a" in entry.row.dataset)) return false;
      if (!words.length) return true;
      entry.text ??= plain(entry.row.textContent);
      return words.every((word) => entry.text.includes(word));
    };
  };

  const show = () => {
    const rows = shown.slice(0, room).map((entry, index) => {
      const before = index > 0 ? shown[index - 1].person : undefined;
      const same = sorted.column === 0 && entry.person !== undefined && entry.person === before;
      entry.row.classList.toggle("same", same);
      return entry.row;
    });
    body.replaceChildren(...rows);
    let text = shown.length === all.length ? count(all.length) : `${count(shown.length)} of ${all.length.toLocaleString("en")}`;
    if (rows.length < shown.length) text += `, the first ${rows.length.toLocaleString("en")} shown`;
    status.textContent = shown.length || !all.length ? text : "No account fits.";
    more.hidden = rows.length === shown.length;
  };

  const update = () => {
    shown = all.filter(fits());
    // The page comes sorted by person.
    if (sorted.column !== 0) {
      const way = sorted.down ? -1 : 1;
      shown.sort((a, b) => {
        const [one, other] = [key(a, sorted.column), key(b, sorted.column)];
        // What is empty tells nothing, whichever way.
        if (!one || !other) return !one - !other;
        return way * collator.compare(one, other);
      });
    } else if (sorted.down) {
      shown.reverse();
    }
    room = FIRST;
    show();
  };

  const sort = (column) => {
    sorted = { column, down: sorted.column === column && !sorted.down };
    heads.forEach((head, index) => {
      if (index !== column) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
    });
    update();
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent.trim();
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });
  heads[0].setAttribute("aria-sort", "ascending");

  let waiting;
  fields.search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 150);
  });
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    update();
  });
  // The fields are emptied only after this event.
  form.addEventListener("reset", () => setTimeout(update));

  more.addEventListener("click", (event) => {
    const name = event.target.name;
    if (!name) return;
    room = name === "all" ? shown.length : room + FIRST;
    show();
  });

  for (const button of document.querySelectorAll("button[data-finding]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      form.reset();
      fields.finding.value = button.dataset.finding;
      update();
      document.getElementById("accounts").scrollIntoView();
      fields.finding.focus({ preventScroll: true });
    });
  }

  // On paper nothing can be opened, and there is no button for more.
  let before;
  let opened = [];
  addEventListener("beforeprint", () => {
    before ??= room;
    room = shown.length;
    show();
    opened = opened.concat([...table.querySelectorAll("details:not([open])")]);
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
    room = before ?? room;
    before = undefined;
    show();
  });

  form.hidden = false;
  table.classList.add("sortable");
  // A browser that goes back may have kept what was typed.
  update();
})();
