// The reading page: claims and their quotes show each other, and selected words become a quote.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];

  // ── A quote shows its claims, a claim its quotes ──
  function numbers(element) {
    const quote = element.closest(".quote");
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
    if (element.closest(".quote")) {
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
    const text = document.getElementById("text");
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
    return exact ? { exact, start, end: start + points(exact), box: range.getBoundingClientRect() } : null;
  }

  function offer() {
    const button = document.getElementById("from-selection");
    if (!button || !document.getElementById("new-claim")) return;
    const found = selected();
    button.hidden = !found;
    if (!found) return;
    const quoted = document.querySelector("[data-quote='0']").value !== "";
    button.textContent = quoted ? "Add the selection as a quote" : "New claim from the selection";
    button.style.top = `${found.box.bottom + scrollY + 6}px`;
    button.style.left = `${Math.max(8, Math.min(found.box.left + scrollX, innerWidth - 240))}px`;
  }

  function fill(at, found) {
    document.querySelector(`[data-quote="${at}"]`).value = found.exact;
    document.querySelector(`[data-start="${at}"]`).value = found.start;
    document.querySelector(`[data-end="${at}"]`).value = found.end;
  }

  let waiting = null; // a quote for the field that the server is asked for
  function take() {
    const found = selected();
    if (!found) return;
    const form = document.querySelector("#new-claim form");
    document.getElementById("new-claim").open = true;
    document.getElementById("from-selection").hidden = true;
    const empty = all("[data-quote]").find((each) => each.value === "" && form.querySelector(`[data-start="${each.dataset.quote}"]`));
    if (empty) {
      fill(empty.dataset.quote, found);
      const text = form.elements.namedItem("text");
      text.focus();
      text.scrollIntoView({ block: "nearest" });
    } else {
      waiting = found;
      form.querySelector("button[name=more][value=quotes]").click();
    }
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "main" || !waiting) return;
    const fields = all("[data-quote]");
    fill(fields.at(-1).dataset.quote, waiting);
    waiting = null;
  });
  document.addEventListener("selectionchange", offer);
  document.addEventListener("mousedown", (event) => {
    // A press on the button would take the selection away before the click.
    if (event.target.id === "from-selection") event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.id === "from-selection") take();
  });
  // Words that are typed over were not selected: their position is no longer theirs.
  document.addEventListener("input", (event) => {
    const at = event.target.dataset && event.target.dataset.quote;
    if (at === undefined) return;
    for (const name of ["start", "end"]) {
      const field = document.querySelector(`[data-${name}="${at}"]`);
      if (field) field.value = "";
    }
  });
})();
