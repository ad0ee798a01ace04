// The form of a claim: rows of its two lists are added, moved and removed at once. Without this, the server does it.
"use strict";
(() => {
  const NAMED = ["id", "name", "for", "list", "aria-describedby", "hx-target", "hx-params"];
  const itemsOf = (list) => [...list.querySelectorAll(":scope > .item")];

  // The number of a row stands in its names and ids, and in what refers to them.
  function rename(item, name, from, to) {
    const number = new RegExp(`(${name}[.-])${from}(?=[.-]|$)`, "g");
    for (const element of [item, ...item.querySelectorAll("*")]) {
      for (const attribute of element.matches("button") ? [...NAMED, "value"] : NAMED) {
        const value = element.getAttribute(attribute);
        if (value && value.includes(name)) element.setAttribute(attribute, value.replace(number, `$1${to}`));
      }
    }
  }

  function renumber(list) {
    const name = list.dataset.list;
    const items = itemsOf(list);
    // By a number that no other row has: radio buttons of one name would switch each other off.
    items.forEach((item, at) => rename(item, name, item.dataset.item, `T${at}`));
    items.forEach((item, at) => {
      rename(item, name, `T${at}`, at);
      item.dataset.item = at;
      item.querySelectorAll("[data-number]").forEach((each) => (each.textContent = at + 1));
    });
    if (name !== "attribution") return;
    const form = list.closest("form");
    form.querySelectorAll("[data-if-none]").forEach((each) => (each.hidden = items.length > 0));
    form.querySelectorAll("[data-if-some]").forEach((each) => (each.hidden = items.length === 0));
  }

  function goTo(element, item) {
    element.focus({ preventScroll: true });
    if (item) item.scrollIntoView({ block: "nearest" });
    element.scrollIntoView({ block: "nearest" });
  }

  function add(list) {
    const template = list.querySelector(":scope > template");
    template.before(template.content.cloneNode(true));
    renumber(list);
    const item = template.previousElementSibling;
    htmx.process(item);
    return item;
  }

  function change(list, item, what, button) {
    const items = itemsOf(list);
    const at = items.indexOf(item);
    if (what === "remove") {
      item.remove();
      renumber(list);
      const next = itemsOf(list)[Math.min(at, items.length - 2)];
      if (next) goTo(next.querySelector("[data-first]"), next);
      else list.closest("form").querySelector("[data-do=add][data-to]").focus();
    } else {
      const other = items[what === "up" ? at - 1 : at + 1];
      if (!other) return;
      if (what === "up") other.before(item);
      else other.after(item);
      renumber(list);
      const visible = button.checkVisibility({ visibilityProperty: true });
      goTo(visible ? button : item.querySelector("[data-first]"), item);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("form[data-claim] button[data-do]");
    if (!button) return;
    event.preventDefault();
    const { form } = button;
    const { do: what, to } = button.dataset;
    const list = to ? form.querySelector(`[data-list="${to}"]`) : button.closest("[data-list]");
    if (what === "add") {
      const item = add(list);
      goTo(item.querySelector("[data-first]"), item);
    } else {
      change(list, button.closest(".item"), what, button);
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
