// Keyboard shortcuts, lists that follow what others do, times, and what a decision still lacks. The pages work without it.
"use strict";
(() => {
  const SINGLE = "factcheck.single-keys";
  const VERDICTS = { v: "verified", d: "disputed", r: "refuted", u: "unverifiable" };
  const EVERY = 15000; // milliseconds between looks at what others did

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const typing = (element) =>
    element.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=submit])");
  const seen = (element) => element.getClientRects().length > 0;
  let chosen = null; // the id of the row that the keys are about

  // What the page's language calls it: the words come with the page, and names in braces are filled in.
  window.say = (key, values = {}) =>
    JSON.parse(document.body.dataset.words)[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function rows() {
    return all("li[data-row]").filter(seen);
  }

  function row() {
    const focused = document.activeElement && document.activeElement.closest("[data-row]");
    return focused || (chosen && document.getElementById(chosen)) || document.querySelector("article[data-row]");
  }

  function move(step) {
    const there = rows();
    if (!there.length) return;
    const at = there.indexOf(row());
    const next = there[at < 0 ? (step > 0 ? 0 : there.length - 1) : Math.min(Math.max(at + step, 0), there.length - 1)];
    all(".chosen").forEach((each) => each.classList.remove("chosen"));
    next.classList.add("chosen");
    chosen = next.id;
    next.querySelector("a").focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function press(element) {
    if (element.matches("summary")) {
      const details = element.parentElement;
      if (!details.open) element.click();
      else details.querySelector("[data-first]").focus();
    } else if (element.type === "radio") {
      element.checked = true;
      element.dispatchEvent(new Event("change", { bubbles: true }));
      element.form.elements.namedItem("reason").focus();
    } else if (typing(element)) {
      for (let each = element.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
      element.focus();
      if (element.type === "search") element.select();
    } else {
      element.click();
    }
  }

  function find(key, within) {
    return within && all("[data-key]", within).find((each) => each.dataset.key === key && !each.hidden);
  }

  function help() {
    const dialog = document.getElementById("help");
    const box = document.getElementById("single-keys");
    box.checked = localStorage.getItem(SINGLE) !== "off";
    box.onchange = () => localStorage.setItem(SINGLE, box.checked ? "on" : "off");
    dialog.showModal();
  }

  function leave(target) {
    if (typing(target)) {
      target.blur();
      return;
    }
    const sheet = document.querySelector("details.sheet[open]");
    if (sheet) {
      sheet.open = false;
      sheet.querySelector("summary").focus({ preventScroll: true });
      return;
    }
    const back = find("Escape", document);
    if (back) back.click();
  }

  // The form that an element is in; of the message that a form was refused, that form.
  function formOf(element) {
    if (!element.closest) return null;
    const link = element.closest("[data-focus]") && element.querySelector("a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    return element.closest("form") || (field && field.form);
  }

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = formOf(target);
      if (form && !form.matches("[data-answers]")) { // of several answers, none is the one that is meant
        event.preventDefault();
        // By its button: htmx sends the name of the button that was pressed last.
        form.querySelector("button:not([name=more])").click();
      }
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (key === "Escape") return leave(target);
    if (typing(target)) return;
    if (key === "?") {
      event.preventDefault();
      return help();
    }
    if (localStorage.getItem(SINGLE) === "off") return;
    if (event.repeat && key !== "j" && key !== "k") return; // a key that is held down acts once
    const here = row();
    const element = find(key, here) || (here && here.matches("li") && key !== "/" ? null : find(key, document));
    if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
    else if (key === "o" && here && here.matches("li")) location.href = here.dataset.row;
    else if (element) press(element);
    else if (VERDICTS[key] && here && here.matches("li")) location.href = `${here.dataset.row}?decide=${VERDICTS[key]}`;
    else if (key === "e" && here && here.matches("li")) location.href = `${here.dataset.row}#evidence-of-decision`;
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.id === "keys-link") {
      event.preventDefault();
      help();
    }
  });

  // ── What a decision still lacks ──
  function lacking(form) {
    const told = form.querySelector("[data-lacking]");
    const option = form.querySelector("input[name=status]:checked");
    if (!told) return;
    if (!option) {
      told.textContent = "";
      return;
    }
    const lacks = [];
    const reason = [...form.elements.namedItem("reason").value.trim()].length;
    if (option.dataset.reason === "1" && reason < 10) lacks.push(say("reason", { count: reason }));
    const filled = ["url", "title", "excerpt"].some((name) => form.elements.namedItem(`evidence.0.${name}`).value.trim());
    const stance = form.elements.namedItem("evidence.0.stance").selectedOptions[0];
    const met = filled && stance ? stance.dataset.meets.split(" ") : [];
    if (option.dataset.lacks.split(" ").some((need) => need && !met.includes(need))) lacks.push(option.dataset.needs);
    const needs = lacks.length > 1 ? say("and", { first: lacks[0], second: lacks[1] }) : lacks[0];
    const text = needs ? say("missing", { needs }) : "";
    if (told.textContent !== text) told.textContent = text;
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest && event.target.closest("form[data-deciding]");
    if (form) lacking(form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest && event.target.closest("form[data-deciding]");
    if (!form) return;
    const stances = { verified: "supports", refuted: "refutes", disputed: "context" };
    const filled = form.elements.namedItem("evidence.0.url").value || form.elements.namedItem("evidence.0.title").value;
    if (event.target.name === "status" && stances[event.target.value] && !filled) {
      form.elements.namedItem("evidence.0.stance").value = stances[event.target.value];
    }
    const rating = form.elements.namedItem("rating");
    if (rating && event.target.name === "status") {
      // A rating of another verdict would be refused.
      if (rating.selectedOptions[0].dataset.status !== event.target.value) rating.value = "";
    } else if (rating && event.target === rating && rating.value) {
      const option = all(`input[name=status][value=${rating.selectedOptions[0].dataset.status}]`, form)[0];
      if (option && !option.checked) option.click();
    }
    lacking(form);
  });

  // ── What others did meanwhile ──
  async function follow() {
    const live = document.querySelector("[data-live]");
    if (!live || document.hidden || document.querySelector("dialog[open]")) return;
    let fresh;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return; // the desk does not answer: what is shown stays, and the next look may tell more
    }
    for (const now of all("[data-live] li[data-version]", fresh)) {
      const old = document.getElementById(now.id);
      if (!old || old.dataset.version === now.dataset.version || old.contains(document.activeElement)) continue;
      now.classList.add("changed");
      const chosen = old.querySelector("[name=claim]:checked");
      if (chosen) now.querySelector("[name=claim]").checked = true;
      old.replaceWith(document.adoptNode(now));
      htmx.process(now);
      tellTimes(now);
    }
  }
  setInterval(follow, EVERY);
  document.addEventListener("visibilitychange", follow);

  // ── Times in the reader's own zone; the page has them in UTC ──
  const LANGUAGE = { en: "en-GB", ar: "ar-u-nu-latn" }[document.documentElement.lang] || document.documentElement.lang;
  const CLOCK = {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    timeZoneName: "short",
  };
  let clock = null; // none where this browser does not know the time zone that was chosen: the page has the time in it
  try {
    clock = new Intl.DateTimeFormat(LANGUAGE, { ...CLOCK, timeZone: document.documentElement.dataset.timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  function tellTimes(within) {
    for (const each of clock ? all("time[datetime*=T]", within) : []) each.textContent = clock.format(new Date(each.dateTime));
  }

  // ── What was typed and not sent ──
  const typed = new Set(); // forms
  function unsent(but) {
    for (const form of typed) if (!form.isConnected) typed.delete(form);
    return [...typed].some((form) => form !== but);
  }
  for (const kind of ["input", "filled"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.closest && event.target.closest("form");
      if (form && form.getAttribute("method") === "post") typed.add(form);
    });
  }
  let sending = null; // the form that is on its way with something typed
  document.addEventListener("submit", (event) => {
    sending = typed.delete(event.target) ? event.target : null;
  }, true);
  function keep() {
    if (sending) typed.add(sending);
  }
  addEventListener("beforeunload", (event) => {
    if (unsent(null)) event.preventDefault();
  });
  // A name that may be the one that was meant fills the field that it is offered below.
  document.addEventListener("click", (event) => {
    const offered = event.target.closest("[data-fills]");
    if (!offered) return;
    const field = document.getElementById(offered.dataset.fills);
    field.value = offered.dataset.name;
    field.focus();
    offered.parentElement.remove();
  });
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target } = event.detail;
    if (target.id !== "main" || !unsent(elt)) return;
    event.preventDefault();
    if (confirm(say("unsent"))) {
      event.detail.issueRequest(true);
    } else {
      keep();
    }
  });

  // ── Where one is, after a form was sent or a page opened ──
  function arrive() {
    tellTimes(document);
    all("[data-unsent]").forEach((each) => typed.add(each.form));
    all("form[data-deciding]").forEach(lacking);
    const spot = document.querySelector("[data-focus]");
    if (spot) {
      spot.focus();
      spot.scrollIntoView({ block: "nearest" });
    } else if (new URLSearchParams(location.search).has("decide")) {
      const option = document.querySelector("form[data-deciding] input[name=status]:checked");
      if (option) option.form.elements.namedItem("reason").focus();
    } else if (location.hash === "#evidence-of-decision") {
      const field = find("e", document);
      if (field) press(field);
    }
  }
  document.addEventListener("DOMContentLoaded", arrive);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "main") arrive();
    else tellTimes(event.target);
  });

  // ── How many notifications are new: asked once the page is there, and each minute while somebody looks at it ──
  async function countUnseen() {
    const place = document.getElementById("unseen");
    if (!place || document.hidden) return;
    try {
      const answer = await fetch("/notifications/unseen");
      if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
    } catch {
      // The desk does not answer now: the number stays as it was, and is asked for again in a minute.
    }
  }
  document.addEventListener("DOMContentLoaded", countUnseen);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "main" && location.pathname === "/notifications") countUnseen();
  });
  setInterval(countUnseen, 60_000);

  // ── What went wrong with a form that was sent: what one wrote stays on the page ──
  function trouble(text) {
    document.getElementById("trouble").textContent = text;
  }
  document.addEventListener("htmx:beforeRequest", () => trouble(""));
  document.addEventListener("htmx:sendError", () => {
    keep();
    trouble(say("silent"));
  });
  document.addEventListener("htmx:responseError", (event) => {
    keep();
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const told = all("main h1, main h1 + p", page).map((each) => each.textContent.trim());
    trouble(say("still", { problem: told.join(": ") || say("wrong") }));
  });
})();
