// The reading page: claims and their quotes show each other, and selected words become a quote.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  // ── A quote shows its claims, a claim its quotes ──
  function numbers(element) {
    const quote = element.closest("[data-claims]");
    if (quote) return quote.dataset.claims.split(" ");
    const card = element.closest(".card");
    return card ? [card.dataset.claim] : null;
  }

  function show(element) {
    const wanted = element.closest && numbers(element);
    all(".shown").forEach((each) => each.classList.remove("shown"));
    if (!wanted) return;
    for (const number of wanted) {
      all(`.quote[data-claims~="${number}"], .card[data-claim="${number}"]`).forEach((each) => each.classList.add("shown"));
    }
    if (element.closest("[data-claims]")) {
      const card = document.querySelector(`.card[data-claim="${wanted[0]}"]`);
      const beside = document.querySelector(".beside");
      if (card && beside.scrollHeight > beside.clientHeight) {
        beside.scrollTop = card.offsetTop - beside.offsetTop - beside.clientHeight / 3;
      }
    }
  }
  document.addEventListener("mouseover", (event) => show(event.target));
  document.addEventListener("focusin", (event) => show(event.target));

  // ── Selected words ──
  // Positions are counted in code points: a string of JavaScript counts an emoji twice.
  const points = (text) => [...text].length;

  function selected() {
    const text = byId("text");
    const selection = getSelection();
    if (!text || !selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return null;
    const before = document.createRange();
    before.setStart(text, 0);
    before.setEnd(range.startContainer, range.startOffset);
    let exact = range.toString();
    let start = points(before.toString());
    const blank = exact.length - exact.trimStart().length;
    start += points(exact.slice(0, blank));
    exact = exact.trim();
    return exact ? { exact, start, end: start + points(exact), range: range.cloneRange() } : null;
  }

  function offer() {
    const button = byId("from-selection");
    if (!button || !byId("new-claim")) return;
    const found = selected();
    button.hidden = !found;
    if (!found) return;
    const quoted = document.querySelector("[data-quote]").value !== "";
    button.textContent = say(quoted ? "add_quote" : "new_claim");
    const box = found.range.getBoundingClientRect();
    button.style.top = `${box.bottom + scrollY + 6}px`;
    button.style.left = `${Math.max(8, Math.min(box.left + scrollX, innerWidth - 240))}px`;
  }

  function take() {
    const found = selected();
    if (!found) return;
    const form = document.querySelector("#new-claim form");
    byId("from-selection").hidden = true;
    const list = form.querySelector("[data-list=quotes]");
    const empty = () => [...list.querySelectorAll("[data-quote]")].find((each) => each.value === "");
    if (!empty()) list.querySelector("button[data-do=add]").click();
    const field = empty();
    const item = field.closest(".item");
    field.value = found.exact;
    item.querySelector("[data-start]").value = found.start;
    item.querySelector("[data-end]").value = found.end;
    field.dispatchEvent(new CustomEvent("filled", { bubbles: true }));
    mark(found.range);
    byId("new-claim").open = true;
    goOn(form);
    keepInView(found.range);
  }

  // The words stay marked while their claim is written: the selection itself is gone as soon as one types.
  function mark(range) {
    if (!CSS.highlights) return;
    const marked = CSS.highlights.get("passage") || new Highlight();
    marked.add(range);
    CSS.highlights.set("passage", marked);
  }

  function goOn(form) {
    const quote = form.querySelector("[data-quote]");
    const field = quote.value === "" ? quote : form.elements.namedItem("text");
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest" });
  }

  // Words that were typed or pasted, where the text has them once.
  function locate(exact) {
    const text = byId("text");
    const whole = text.textContent;
    const at = exact.trim() ? whole.indexOf(exact) : -1;
    if (at < 0 || whole.indexOf(exact, at + 1) >= 0) return null;
    const range = document.createRange();
    const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    let passed = 0;
    while (walk.nextNode()) {
      const { length } = walk.currentNode;
      if (at >= passed && at < passed + length) range.setStart(walk.currentNode, at - passed);
      if (at + exact.length <= passed + length) {
        range.setEnd(walk.currentNode, at + exact.length - passed);
        return range;
      }
      passed += length;
    }
    return null;
  }

  // On a narrow screen the form covers the lower half: the words move up until they can be read above it.
  function keepInView(range) {
    const box = range.getBoundingClientRect();
    const sheet = byId("new-claim").getBoundingClientRect();
    const text = byId("text").getBoundingClientRect();
    const beside = sheet.left > text.right || sheet.right < text.left;
    const bottom = beside ? innerHeight : sheet.top;
    if (box.top < 0 || box.height > bottom) scrollBy(0, box.top - 16);
    else if (box.bottom > bottom - 16) scrollBy(0, Math.min(box.bottom - bottom + 48, box.top - 16));
  }

  // Not while the mouse still selects: the button would lie in its way.
  let selecting = false;
  document.addEventListener("selectionchange", () => {
    if (!selecting) offer();
  });
  document.addEventListener("mousedown", (event) => {
    // A press on a button would take the selection away before the click.
    if (event.target.closest && event.target.closest("#from-selection, #new-claim > summary")) event.preventDefault();
    else selecting = true;
  });
  document.addEventListener("mouseup", () => {
    selecting = false;
    offer();
  });
  document.addEventListener("click", (event) => {
    if (event.target.id === "from-selection") take();
  });
  // Not by the event `toggle`, which also comes when the form is shown again with what is wrong in it.
  document.addEventListener("click", (event) => {
    const summary = event.target.closest && event.target.closest("#new-claim > summary");
    if (!summary || summary.parentElement.open) return;
    event.preventDefault();
    summary.parentElement.open = true;
    if (selected()) take();
    else goOn(document.querySelector("#new-claim form"));
  });
  // ── The article stays where it is while a form on its page is sent and comes back ──
  let place = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    place = event.detail.target.id === "main" && byId("text") ? scrollY : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "main") return;
    if (CSS.highlights) CSS.highlights.delete("passage");
    if (place !== null && byId("text")) scrollTo(0, place);
    place = null;
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("#new-claim [data-quote]")) return;
    const range = locate(event.target.value);
    if (!range) return;
    mark(range);
    keepInView(range);
  });
  // Words that are typed over were not selected: their position is no longer theirs.
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-quote]")) return;
    event.target.closest(".item").querySelectorAll("input[data-start], input[data-end]").forEach((each) => (each.value = ""));
  });
})();
