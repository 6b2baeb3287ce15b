"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const words = JSON.parse(byId("words").textContent);
  const root = document.documentElement;
  const title = document.title;
  const table = byId("deals");
  const pages = byId("pages");
  const steps = byId("steps");
  root.classList.add("scripted");
  if (!table) return;

  const PAGE = 100;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows].map((row, number) => ({row, number, text: row.textContent.toLowerCase()}));
  const collator = new Intl.Collator(words.language, {numeric: true});
  const form = byId("filters");
  const choices = [...form.querySelectorAll("select")];
  let listed = rows;
  let first = 0;

  // --- the list: filter, sort, page

  const fits = (one, text) =>
    one.text.includes(text) &&
    choices.every((choice) => !choice.value || one.row.dataset[choice.dataset.key].split(" ").includes(choice.value));

  const fill = (text, ...values) => values.reduce((said, value) => said.replace("{}", value), text);

  function show() {
    body.replaceChildren(...listed.slice(first, first + PAGE).map((one) => one.row));
    const last = Math.min(first + PAGE, listed.length);
    byId("shown").textContent = listed.length ? fill(words.shown, first + 1, last, listed.length) : words["shown.none"];
    byId("earlier").disabled = first === 0;
    byId("later").disabled = last >= listed.length;
    const many = listed.length > words.printed;
    byId("print").disabled = many || !listed.length;
    byId("print").textContent = many ? fill(words["print.many"], words.printed) : words.print;
  }

  function key(one, column) {
    const cell = one.row.cells[column];
    return cell.dataset.v ?? cell.textContent;
  }

  function arrange() {
    const text = byId("search").value.trim().toLowerCase();
    listed = rows.filter((one) => fits(one, text));
    const column = heads.findIndex((head) => head.ariaSort);
    if (column >= 0) {
      const sign = heads[column].ariaSort === "ascending" ? 1 : -1;
      const keyed = listed.map((one) => [key(one, column), one]);
      keyed.sort(([a, one], [b, other]) => {
        if ((a === "–") !== (b === "–")) return a === "–" ? 1 : -1;
        return sign * collator.compare(a, b) || one.number - other.number;
      });
      listed = keyed.map(([, one]) => one);
    }
    first = 0;
    show();
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = head.ariaSort === "ascending" ? "descending" : "ascending";
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.ariaSort = next;
      arrange();
    });
  }
  form.addEventListener("input", arrange);
  form.addEventListener("reset", () => setTimeout(arrange));
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("earlier").addEventListener("click", () => { first = Math.max(0, first - PAGE); show(); });
  byId("later").addEventListener("click", () => { first += PAGE; show(); });

  // --- the pages of deals

  const packs = [...document.querySelectorAll("script.pack")];
  // An element that a link leads to would take the focus away from the heading.
  const known = [...pages.querySelectorAll("article")];
  for (const one of known) one.removeAttribute("id");
  let unpacked = {place: -1, pages: []};

  async function unpack(place) {
    if (unpacked.place !== place) {
      const bytes = Uint8Array.from(atob(packs[place].textContent), (char) => char.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      unpacked = {place, pages: (await new Response(stream).text()).split("\u001e")};
    }
    return unpacked.pages;
  }

  async function article(number) {
    if (!packs.length) return known[number];
    const text = (await unpack(Math.floor(number / words.in_pack)))[number % words.in_pack];
    const made = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
    made.removeAttribute("id");
    pages.append(document.adoptNode(made));
    return made;
  }

  function close() {
    for (const one of pages.querySelectorAll("article.open")) {
      one.classList.remove("open");
      if (packs.length) one.remove();
    }
    byId("failed")?.remove();
  }

  function link(text, target) {
    const made = document.createElement("a");
    made.textContent = text;
    made.href = target;
    return made;
  }

  function showSteps(number) {
    const place = listed.findIndex((one) => one.number === number);
    const made = [link(words.all_deals, "#all")];
    if (place > 0) made.push(link(words.previous, "#d" + listed[place - 1].number));
    if (place >= 0 && place + 1 < listed.length) made.push(link(words.next, "#d" + listed[place + 1].number));
    steps.replaceChildren(...made);
  }

  let current = null;

  async function route() {
    const found = /^#d(\d+)$/.exec(location.hash);
    const number = found ? Number(found[1]) : null;
    const isDeal = number !== null && number < rows.length;
    close();
    root.classList.toggle("one", isDeal);
    byId("overview").hidden = byId("list").hidden = isDeal;
    steps.hidden = !isDeal;
    if (!isDeal) {
      document.title = title;
      const place = listed.findIndex((one) => one.number === current);
      if (place >= 0) {
        first = Math.floor(place / PAGE) * PAGE;
        show();
        listed[place].row.querySelector("a").focus();
      }
      current = null;
      return;
    }
    current = number;
    showSteps(number);
    try {
      const made = await article(number);
      if (current !== number) return;
      made.classList.add("open");
      const head = made.querySelector("h2");
      document.title = head.textContent.trim() + " · " + title;
      window.scrollTo(0, 0);
      head.focus({preventScroll: true});
    } catch (problem) {
      const said = document.createElement("p");
      said.id = "failed";
      said.setAttribute("role", "alert");
      said.textContent = words.failed;
      pages.append(said);
    }
  }

  window.addEventListener("hashchange", route);

  // --- print: every deal of the list, or the page of each

  let isWhole = false;
  window.addEventListener("beforeprint", () => { body.replaceChildren(...listed.map((one) => one.row)); });
  window.addEventListener("afterprint", () => { show(); if (isWhole) { isWhole = false; root.classList.remove("printing"); route(); } });
  byId("print").addEventListener("click", async () => {
    isWhole = true;
    for (const one of listed) (await article(one.number)).classList.add("open");
    root.classList.add("printing");
    window.print();
  });

  show();
  if (location.hash) route();
})();
